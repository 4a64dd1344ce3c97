import { expect, test } from 'vitest';
import { oneLine } from '../../../src/hosts/shell/one-line.ts';
import { fc } from '../../properties.ts';

test.each([
  ['', null],
  [' \n\t\u0007', null],
  ['doas: Operation not permitted\n', 'doas: Operation not permitted'],
  ['two\r\nlines\n', 'two lines'],
  ['\u001b[1;31mred\u001b[0m and \u001b]0;title\u0007', 'red and ]0;title'],
  ['right\u202eleft', 'right left'],
])('%j becomes %j', (said, reported) => {
  expect(oneLine(said)).toBe(reported);
});

test('any output of a host becomes one short line without cursor movements', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), bytes => {
      const reported = oneLine(Buffer.from(bytes)) ?? '';
      expect(reported.length).toBeLessThanOrEqual(200);
      expect(reported).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});
