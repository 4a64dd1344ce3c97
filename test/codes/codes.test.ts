import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEM_CODES } from '../../src/codes/problems.ts';

const root = join(import.meta.dirname, '..', '..', 'src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: readFileSync(join(root, file), 'utf8') }));

describe('the codes of problems', () => {
  it('are in kebab-case and in order', () => {
    const codes = Object.keys(PROBLEM_CODES);
    expect(codes.filter(code => !/^[a-z]+(-[a-z0-9]+)+$/.test(code))).toEqual([]);
    expect(codes).toEqual([...codes].sort());
  });
  it('mean something different each', () => {
    const meanings = Object.values(PROBLEM_CODES);
    expect(new Set(meanings).size).toBe(meanings.length);
  });
  it('are all used', () => {
    const checks = sources.filter(({ file }) => file.startsWith('health/'));
    const used = checks.map(({ text }) => text).join();
    expect(Object.keys(PROBLEM_CODES).filter(code => !used.includes(`'${code}'`))).toEqual([]);
  });
});
