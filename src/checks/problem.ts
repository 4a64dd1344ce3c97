/** What is wrong with a host, and what to do about it. */
import type { ProblemCode } from '../codes/problems.ts';

/** Something that is not as it should be on a host. */
export interface Problem {
  readonly code: ProblemCode;
  /** Inventory name of the host under which it is reported. */
  readonly host: string;
  /** One sentence without a full stop. */
  readonly what: string;
  /** What shows it, in the host's own words where it said something. */
  readonly evidence: string;
  /** The next command to type, and where. */
  readonly remedy: string;
  /** The hosts that the remedy applies the inventory to, empty for all; null for another remedy. */
  readonly provisions: readonly string[] | null;
}

/** A remedy: text, or a command that applies the inventory to hosts; to all if none is named. */
export type Remedy = string | Provision;

/** A command that begins with `mailtun provision`, and the hosts that it names. */
export interface Provision {
  readonly provision: string;
  readonly hosts: readonly string[];
}

/** The verdict on one hop. */
export type Verdict =
  | { readonly kind: 'well'; readonly evidence: string }
  | { readonly kind: 'broken'; readonly problem: Problem }
  /** It could not be checked. */
  | { readonly kind: 'unknown'; readonly evidence: string };

/** A verdict: nothing is wrong, and the evidence. */
export const well = (evidence: string): Verdict => ({ kind: 'well', evidence });
/** A verdict: it could not be checked, and why. */
export const unknown = (evidence: string): Verdict => ({ kind: 'unknown', evidence });

/** A verdict: the host could not be asked. */
export const notAsked = ({ name }: { readonly name: string }): Verdict => unknown(`${name} could not be asked`);

/** What is wrong on a host, how that is known, and what to do about it. */
export const problem = (
  host: { readonly name: string },
  code: ProblemCode,
  { what, evidence, remedy }: Pick<Problem, 'what' | 'evidence'> & { readonly remedy: Remedy },
): Problem => ({
  host: host.name,
  code,
  what,
  evidence,
  remedy: typeof remedy === 'string' ? remedy : remedy.provision,
  provisions: typeof remedy === 'string' ? null : remedy.hosts,
});

/** The first of several checks that finds something, in order; the later ones are not made. */
export function firstProblem(checks: readonly (() => Problem | null)[]): Problem | null {
  for (const check of checks) {
    const found = check();
    if (found) return found;
  }
  return null;
}
