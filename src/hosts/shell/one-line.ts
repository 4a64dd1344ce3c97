/**
 * What a host said, fit for one line of a message: the last lines of it, without control characters (a host must not
 * be able to paint on the terminal), at most 200 characters; null where it said nothing.
 */
export function oneLine(said: Buffer | string): string | null {
  const text = said
    .toString()
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (text === '') return null;
  return text.length <= 200 ? text : `… ${text.slice(-198)}`;
}
