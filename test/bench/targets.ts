/** What the benchmarks are held to, in one place: ratios of times measured in one run, unless a name says otherwise. */

/** `mailtun --version` and the like, in times of `node -e 0`. */
export const START_UP = 1.5;

/** At most so many times `ssh HOST true`, three hosts at once without a master, by round trip in milliseconds. */
export const CONVERGED: Readonly<Record<number, { readonly login: number; readonly master: number }>> = {
  0: { login: 1.6, master: 0.5 },
  50: { login: 1.25, master: 0.35 },
};

/** At least so many times mailtun's time on the same hosts: converged over masters that are alive, and from bare hosts. */
export const OTHERS = {
  Ansible: { converged: 30, first: 6 },
  pyinfra: { converged: 10, first: 4 },
} as const;

/** At most so many exchanges a host. */
export const EXCHANGES = { converged: 1, first: 4 } as const;

/** What the lab's three hosts were asked on 2026-11-27: no row may come to its time by asking or judging less. */
export const LEAST = { judged: 68, asked: 99 } as const;

/** Many hosts: in times of a smaller number of them, and megabytes of memory at most. */
export const GROWTH: Readonly<
  Record<number, { readonly of: number; readonly ratio: number; readonly megabytes: number }>
> = {
  100: { of: 5, ratio: 9, megabytes: 90 },
  400: { of: 100, ratio: 4.5, megabytes: 160 },
};

/** Pings of 20 ms spacing that may be lost each way in a rotation, and in how many rotations of ten at least. */
export const ROTATION = { lost: 1, ofTen: 9 } as const;
