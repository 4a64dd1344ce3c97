/** Whether pf(4) is enabled, by the first line of `pfctl -si` (facts 8, recordings); null where it does not say. */
export function parsePfEnabled(text: string): boolean | null {
  const [, word] = /^Status: (Enabled|Disabled)\b/.exec(text) ?? [];
  return word === undefined ? null : word === 'Enabled';
}

/** What `pfctl -sr` prints, and behind a line `# anchor` the rules of an anchor. */
export function parsePfRules(text: string): { readonly main: string; readonly anchor: string } {
  const [main = '', anchor = ''] = text.split('# anchor\n');
  return { main, anchor };
}
