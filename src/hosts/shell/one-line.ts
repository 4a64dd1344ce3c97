/**
 * The output of a host on one line of a message: its end, at most 200 characters, without control characters, so that no
 * host can control the terminal; null where there is none.
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
