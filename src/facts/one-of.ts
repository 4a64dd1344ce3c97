/** The one of some words that a text is; null where it is none of them. */
export const oneOf = <Word extends string>(words: readonly Word[], text: string | undefined): Word | null =>
  words.find(word => word === text) ?? null;
