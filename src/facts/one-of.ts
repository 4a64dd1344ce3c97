/** The word that a text is equal to; null where it is another one. */
export const oneOf = <Word extends string>(words: readonly Word[], text: string | undefined): Word | null =>
  words.find(word => word === text) ?? null;
