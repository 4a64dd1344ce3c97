/** The only place that makes shell text out of words: sh(1), single quotes, nothing inside them is special. */

/**
 * One word, quoted so that sh(1) reads exactly these bytes.
 * @throws TypeError for what a shell word cannot contain: a NUL, or half of a surrogate pair.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError('a shell word cannot hold a NUL character');
  if (/\p{Surrogate}/u.test(word)) throw new TypeError('a shell word cannot hold half of a surrogate pair');
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Several words as one command line. */
export const words = (...list: readonly string[]): string => list.map(quote).join(' ');

/** A constant script with `args` as `$1`, `$2` …: all text that is not constant reaches a script like this. */
export const script = (constant: string, ...args: readonly string[]): string =>
  `${['set --', ...args.map(quote)].join(' ')}\n${constant}`;
