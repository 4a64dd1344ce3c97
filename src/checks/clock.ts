/** Whether the clocks of all hosts agree: TLS, handshakes and everything with a date depend on them. Pure. */
import { SET_CLOCK } from '../facts/clock.ts';
import { type Problem, problem } from './problem.ts';
import { on, span } from './remedies.ts';

/** Larger differences are reported. */
const TOLERATED_SECONDS = 60;

/** A host's clock, against this machine's. */
interface Clock {
  readonly host: { readonly name: string };
  /** Seconds before this machine's clock; null where it is not known. */
  readonly ahead: number | null;
}

/** The clocks that differ from what most of them say, this machine's included. */
export function clockProblems(clocks: readonly Clock[]): readonly Problem[] {
  const known = clocks.flatMap(({ host, ahead }) => (ahead === null ? [] : [{ host, ahead }]));
  const sorted = [0, ...known.map(one => one.ahead)].sort((one, other) => one - other);
  // Of two in the middle the one that agrees with this machine more.
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, sorted[Math.floor(sorted.length / 2)] ?? 0];
  const middle = Math.abs(low) < Math.abs(high) ? low : high;
  return known.flatMap(({ host, ahead }) => {
    const off = ahead - middle;
    if (Math.abs(off) <= TOLERATED_SECONDS) return [];
    return problem(host, 'clock-off', {
      what: `the clock of ${host.name} is off`,
      evidence: `it is ${span(off)} ${off > 0 ? 'ahead' : 'behind'}`,
      remedy: on(host, SET_CLOCK),
    });
  });
}
