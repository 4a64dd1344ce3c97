/** The first three of some texts, and how many more there are. */
export const few = (texts: readonly string[]): string =>
  texts.length <= 3 ? texts.join(', ') : `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more`;
