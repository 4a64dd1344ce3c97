/** A probe of probes.ts, typed like a fact. */

/** What a probe finds out. */
export interface ProbeOf<T> {
  /** Under which its output is found again; one key has one reader. */
  readonly key: string;
  /** What it printed, read. Pure; null for text that says nothing. */
  readonly read: (text: string) => T | null;
}

/** A probe that a host can be asked for. */
export interface Probe<T = unknown> extends ProbeOf<T> {
  readonly words: ProbeWords;
}

/**
 * A function of the script of probes.ts and its arguments. What is asked of one peer is in a row: reach, large and
 * wire, of which the last two follow from the answer to the first.
 */
export type ProbeWords = readonly [
  name: 'reach' | 'large' | 'smtp' | 'outside' | 'wire' | 'dns' | 'names',
  ...words: string[],
];
