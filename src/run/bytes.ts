/**
 * Text of files that other people write, without changing a byte. What is not UTF-8 there (Latin-1 in a comment, say)
 * becomes lone surrogates, U+DC80 to U+DCFF for the bytes 0x80 to 0xFF, and the same bytes again when it is written.
 */
import { isUtf8 } from 'node:buffer';

// Sequences of more than one byte as RFC 3629 has them, and every other byte above 127.
const HIGH =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

const LONE = /[\udc80-\udcff]/u;

/** Every byte of it, whatever it is. */
export function textFrom(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes
    .toString('latin1')
    .replaceAll(HIGH, found =>
      found.length > 1
        ? Buffer.from(found, 'latin1').toString('utf8')
        : String.fromCharCode(0xdc00 + found.charCodeAt(0)),
    );
}

/** Whether there is a byte in it that is not UTF-8. */
export const hasBytes = (text: string): boolean => LONE.test(text);

/** The bytes that `textFrom` read. */
export const bytesOf = (text: string): Buffer =>
  Buffer.concat(
    text
      .split(/([\udc80-\udcff])/u)
      .map(part => (LONE.test(part) ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part, 'utf8'))),
  );

/** For print(1) of ksh without -r: such bytes in octal, `\0351`, and backslashes doubled. */
export const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .split(/([\udc80-\udcff])/u)
    .map(part => (LONE.test(part) ? `\\0${(part.charCodeAt(0) - 0xdc00).toString(8)}` : part))
    .join('');
