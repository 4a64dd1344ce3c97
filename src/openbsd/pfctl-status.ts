/** Whether pf(4) is enabled, by the first line of `pfctl -si` (facts 8, recordings); null where it does not say. */
export function parsePfEnabled(text: string): boolean | null {
  const [, word] = /^Status: (Enabled|Disabled)\b/.exec(text) ?? [];
  return word === undefined ? null : word === 'Enabled';
}
