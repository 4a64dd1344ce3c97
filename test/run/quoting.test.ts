import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { quote, script, words } from '../../src/run/quoting.ts';
import { shells } from '../hosts/shells.ts';
import { fc } from '../properties.ts';

/** What the shell makes of the text it is given on standard input, through printf(1), byte for byte. */
const heard = (shell: string, text: string): string =>
  execFileSync(shell, { input: text, maxBuffer: 1e8, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } }).toString();

const HOSTILE = [
  '',
  ' ',
  "'",
  "''",
  "'\\''",
  '\\',
  '\\n',
  'a\nb\n',
  '\n',
  '\r\n',
  '\t',
  '$(echo no)',
  '`echo no`',
  '${HOME}',
  '$HOME',
  '"',
  '*',
  '~',
  '~root',
  '!!',
  '#',
  '-n',
  '--',
  '-',
  '{a,b}',
  'a;b',
  'a&b|c<d>e',
  '\u0001\u001b[31m\u007f\u0085',
  'ä€😀 \u202e',
  '\ufeff',
  '=',
  'a=b',
  '%s %n',
  "'; rm -rf /; '",
  '\\'.repeat(7),
  "'".repeat(9),
];

const word = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 40 }).map(text => text.replaceAll('\0', '')),
  fc.string({
    unit: fc.constantFrom("'", '\\', '\n', '$', '`', '"', '(', ')', ' ', '#', '\u007f', 'é'),
    maxLength: 40,
  }),
);

describe.each(shells)('%s', shell => {
  test('reads every quoted word unchanged, and no other', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), list => {
        const text = `for word in ${words(...list)}; do printf '%s\\001' "$word"; done\n`;
        expect(heard(shell, text)).toBe(list.map(each => `${each}\u0001`).join(''));
      }),
      { numRuns: 25 },
    );
  });

  test('has the arguments of a script in $1, $2 …, and none of an earlier one', () => {
    fc.assert(
      fc.property(word, word, (first, second) => {
        const text = `${script('printf "%s\\001" "$#" "$1" "$2"', first, second)}\n${script('printf %s "$#"')}\n`;
        expect(heard(shell, text)).toBe(`2\u0001${first}\u0001${second}\u00010`);
      }),
      { numRuns: 25 },
    );
  });

  test('reads a word of 200 KB', () => {
    const long = "it's $(no) `such` \\ thing\n".repeat(8000);
    expect(heard(shell, `word=${quote(long)}\nprintf %s "\${#word}"`)).toBe(String(long.length));
  });
});

test('what a shell word cannot contain is refused', () => {
  expect(() => quote('a\0b')).toThrow(TypeError);
  expect(() => quote('\ud800')).toThrow(TypeError);
});
