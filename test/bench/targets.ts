/** What the benchmarks are held to (design chapter 8), in one place: ratios of times measured in one run. */

/** At most so many times `ssh HOST true`, three hosts at once without a master, by round trip in milliseconds. */
export const CONVERGED: Readonly<Record<number, { readonly login: number; readonly master: number }>> = {
  0: { login: 1.6, master: 0.5 },
  50: { login: 1.25, master: 0.35 },
};

/** A hundred hosts, in times of five. */
export const HUNDRED_HOSTS = 9;
