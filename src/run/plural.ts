/** `1 round trip`, `2 round trips`. @param noun that of one. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
