/** What the steps of a run come to, and hosts that would wait for each other for ever. Pure. */
import type { Fleet } from '../hosts/fleet.ts';
import { type Next, nextHops } from './agreement.ts';
import type { Hops } from './hops.ts';
import type { Standing, Standings } from './standing.ts';

/** More than any chain of hosts needs. */
const ENOUGH = 12;

/** The result of all steps of a run in which every host that can be changed is changed. */
export function lastMoves(fleet: Fleet, now: Standings, canChange: (host: string) => boolean): Standings {
  let standing = now;
  let text = '';
  for (let move = 0; move < ENOUGH; move += 1) {
    const after = new Map<string, Standing>(standing);
    for (const one of fleet.hosts) {
      if (canChange(one.name))
        after.set(one.name, afterMove(nextHops(one, fleet, standing, canChange), standing.get(one.name)));
    }
    standing = after;
    const before = text;
    text = [...after.values()].map(({ hops }) => textOf(hops)).join('\n');
    if (text === before) break;
  }
  return standing;
}

/** The state of a host after its next step: if its smtpd.conf waits, smtpd still starts again where it has older files. */
export const afterMove = (next: Next, before?: Standing): Standing => ({
  queued: before?.queued ?? new Set(),
  queuedTo: before?.queuedTo ?? new Map(),
  queuedFrom: before?.queuedFrom ?? new Set(),
  rootTo: before?.rootTo ?? null,
  hops: next.hops,
  isSure: true,
});

/** Equal for equal ones. */
export const textOf = ({ routes, takes, sends, users, from, senders, refuses, binds }: Hops): string =>
  JSON.stringify([
    [...routes].sort(),
    takes.tunnel,
    takes.lan,
    [...sends].sort(),
    [...users].sort(),
    [...from].sort(),
    [...senders].sort(),
    [...refuses].sort(),
    [...binds].sort(),
  ]);

/**
 * The hosts whose smtpd.conf(5) waits for another host's, which waits for theirs, after all other steps of a run: each with all
 * hosts of its circle. No run would ever change them.
 */
export function waitingForEachOther(
  fleet: Fleet,
  now: Standings,
  canChange: (host: string) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const circles = circlesIn(fleet, now, canChange);
  return circles.size === 0 ? circles : circlesIn(fleet, lastMoves(fleet, now, canChange), canChange);
}

function circlesIn(fleet: Fleet, now: Standings, canChange: (host: string) => boolean) {
  const waits = new Map(
    fleet.hosts.flatMap(host => {
      const until = canChange(host.name) ? nextHops(host, fleet, now, canChange).waitsFor : undefined;
      return until === undefined ? [] : [[host.name, until] as const];
    }),
  );
  const from = (name: string): readonly string[] => {
    const passed: string[] = [];
    for (let at = waits.get(name); at !== undefined && !passed.includes(at); at = waits.get(at)) passed.push(at);
    return passed;
  };
  return new Map(
    [...waits.keys()].map(name => [name, from(name)] as const).filter(([name, all]) => all.includes(name)),
  );
}
