/**
 * The candidate that was most likely meant by a mistyped word: at most two letters dropped, added, changed or swapped,
 * case and punctuation apart, and never more than a third of the word; null where none comes that near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const typed = squashed(word);
  // A longer word is not a typing mistake, and the table below grows with its square.
  if (typed.length > 64) return null;
  let best: string | null = null;
  let bestDistance = Math.min(2, Math.max(1, Math.floor(typed.length / 3))) + 1;
  for (const candidate of candidates) {
    const distance = distanceBetween(typed, squashed(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `queueTtl`, `queue-ttl` and `QUEUE_TTL` count as one word. */
const squashed = (word: string): string => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Edits from one word to the other, a swap of neighbours counting as one. */
function distanceBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = one[row - 1] === other[column - 1] ? 0 : 1;
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(current, column - 1) + 1,
        at(rows[row - 1], column) + 1,
        at(rows[row - 1], column - 1) + changed,
        swapped ? at(rows[row - 2], column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows[row] = current;
  }
  return at(rows[one.length], other.length);
}

const at = (row: readonly number[] | undefined, column: number): number => row?.[column] ?? Number.POSITIVE_INFINITY;
