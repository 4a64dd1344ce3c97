import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROBLEM_CODES } from '../../src/codes/problems.ts';

/** Rows `| code | remedy | file: title |`. */
const rows = [
  ...readFileSync('docs/remedies.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| (.+) \| `(\S+)`: (.+) \|$/gm),
].map(([, code = '', remedy = '', file = '', title = '']) => ({ code, remedy, file, title }));

describe('the table of remedies', () => {
  it('has each problem once, in order', () => {
    expect(rows.map(({ code }) => code)).toEqual(Object.keys(PROBLEM_CODES));
  });
  it.each(rows.map(row => [row.code, row] as const))('names a test of %s that there is', (_, { file, title }) => {
    expect(existsSync(file)).toBe(true);
    // A title in a test is quoted either way.
    const quoted = [`'${title}'`, `"${title}"`];
    expect(quoted.some(text => readFileSync(file, 'utf8').includes(text))).toBe(true);
  });
});
