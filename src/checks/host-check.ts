/** A check of a single host that brings its own questions. */
import type { Host } from '../hosts/fleet.ts';
import type { Fact } from '../run/fact.ts';
import type { Problem } from './problem.ts';

/** A host that has answered. */
export interface Asked {
  readonly host: Host;
  /** @throws Error for a fact that no check asks for. */
  readonly known: <T>(fact: Fact<T>) => T;
}

/** What is asked on every host, and what is wrong there. `problems` is pure. */
export interface HostCheck {
  readonly asks: readonly Fact<unknown>[];
  readonly problems: (asked: Asked) => readonly Problem[];
}
