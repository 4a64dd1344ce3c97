import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bytesOf, escaped, hasBytes, textFrom } from '../../src/run/bytes.ts';
import { script } from '../../src/run/quoting.ts';
import { pdksh } from '../hosts/shells.ts';
import { fc } from '../properties.ts';

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom('caf\xe9', '\\0351', '\\', 'ü', '😀', '\xff', "'", '\n', '123'))
    .map(parts => Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? 'latin1' : 'utf8')))),
);

describe('text of any bytes', () => {
  it('becomes the same bytes again', () => {
    fc.assert(fc.property(anyBytes, bytes => bytesOf(textFrom(bytes)).equals(bytes)));
  });

  it('is decoded as UTF-8 if it is UTF-8', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => textFrom(Buffer.from(text)) === text));
    expect(hasBytes('naïve 😀')).toBe(false);
    expect(hasBytes(textFrom(Buffer.from('caf\xe9', 'latin1')))).toBe(true);
  });

  it.each(pdksh)('is printed unchanged by %s', shell => {
    fc.assert(
      fc.property(anyBytes, bytes => {
        fc.pre(!bytes.includes(0));
        const printed = execFileSync(shell, ['-c', script('print -n -- "$1"', escaped(textFrom(bytes)))]);
        expect(printed.equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
