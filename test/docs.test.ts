import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs', root)).map(name => `docs/${name}`),
  'test/lab/README.md',
  'findings/README.md',
];

/** Paths in backquotes; `NAME` and `*` stand for any name. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:src|test|scripts|docs|man|inventory|findings)\/[A-Za-z0-9_./-]+)(?:`| )/g)]
    .map(match => match[1] ?? '')
    .filter(path => !path.includes('NAME'));

describe.each(documents)('%s', document => {
  it('names only existing files', () => {
    const isThere = (path: string): boolean => [path, `${path}.test.ts`].some(one => existsSync(new URL(one, root)));
    expect(pathsIn(textOf(document)).filter(path => !isThere(path))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  /** Backquoted names, and behind each group of them the file in which they are: `mailFrom` (`hosts/inventory/fleet.ts`). */
  const groups = [
    ...textOf('docs/architecture.md').matchAll(
      /((?:`\w+`(?:, | and ))*`\w+`) \(`([a-z][a-z0-9/-]*\.ts)`(?:; on the host `(\w+)`)?\)/g,
    ),
  ].map(([, names = '', file = '']) => ({ file, names: [...names.matchAll(/`(\w+)`/g)].map(match => match[1] ?? '') }));

  it('names functions that are in the files it says', () => {
    expect(groups.length).toBeGreaterThan(20);
    const missing = groups.flatMap(({ file, names }) => {
      const text = existsSync(new URL(`src/${file}`, root)) ? textOf(`src/${file}`) : '';
      return names.filter(name => !new RegExp(`\\b${name}\\b`).test(text)).map(name => `${name} (${file})`);
    });
    expect(missing).toEqual([]);
  });
});

describe('docs/ssh.md', () => {
  it('quotes messages as they are', () => {
    const messages = readdirSync(new URL('src/hosts/ssh', root))
      .map(name => textOf(`src/hosts/ssh/${name}`))
      .join('\n');
    const quoted = [...textOf('docs/ssh.md').matchAll(/"([^"]+)"/g)].map(([, text = '']) => text);
    const pieces = quoted.filter(text => text.includes(' ')).flatMap(text => text.split(/ ?… ?|; /).filter(Boolean));
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.filter(piece => !messages.includes(piece))).toEqual([]);
  });
});

describe('test/lab/README.md', () => {
  const rows =
    textOf('test/lab/README.md')
      .split('## What once lost mail')[1]
      ?.split('\n')
      .filter(line => line.startsWith('| ')) ?? [];
  const tests = rows.slice(1).map(row => row.split(' | ').at(-1) ?? '');
  /** Its groups: a file, and the names of tests in it, in double quotes. */
  const groups = tests.flatMap(cell =>
    [...cell.matchAll(/`((?:scenarios|test)\/[a-z/-]+)`(?:: ((?:"[^"]+"(?:; )?)+))?/g)].map(
      ([, file = '', names = '']) => ({
        path: `${file.replace(/^scenarios/, 'test/lab/scenarios')}.test.ts`,
        names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
      }),
    ),
  );

  it('names a test for each change that once lost mail, which is there', () => {
    expect(tests.length).toBeGreaterThan(25);
    expect(groups.length).toBeGreaterThanOrEqual(tests.length);
    const missing = groups.flatMap(({ path, names }) => {
      const text = existsSync(new URL(path, root)) ? textOf(path) : '';
      return [...(text === '' ? [path] : []), ...names.filter(name => !text.includes(`'${name}'`))];
    });
    expect(missing).toEqual([]);
  });
});
