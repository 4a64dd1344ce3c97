/**
 * What an undo does to what neighbours agree on. All hosts together had the state before a run; a host that goes back alone, and
 * mail that was accepted since, may be refused permanently. Pure.
 */
import { KEPT_ACTIONS } from '../facts/kept-actions.ts';
import type { QueuedEnvelope } from '../facts/smtpd-queue.ts';
import { recipientOf } from '../facts/waiting-mail.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import type { KeptRun } from '../run/kept.ts';
import type { Observed } from '../run/resource.ts';
import type { Undone } from '../run/undo.ts';
import { datedMailIn } from './carried-refusals.ts';
import { type Hops, loginOf, receiversOf, routeFor, type Side, sendersTo, sidesOf } from './hops.ts';
import { hopsBy } from './in-force.ts';
import { domainOf } from './neighbours.ts';

type All = ReadonlyMap<string, Undone>;

/** What is in a file now, and what will be after an undo of that run; empty where it is missing. */
export function textsOf(run: KeptRun | null, observed: Observed) {
  const { files } = observed.get(KEPT_ACTIONS);
  const now = (path: string): string => files.get('now')?.get(path) ?? '';
  const after = (path: string): string => {
    const how = run?.kept.find(one => one.name === path)?.how;
    return how === 'created' ? '' : (how === 'replaced' && files.get(run?.name ?? '')?.get(path)) || now(path);
  };
  return { now, after };
}

function hopsOfBoth(host: Host, fleet: Fleet, all: All): { readonly now: Hops; readonly after: Hops } | null {
  const { run, observed } = all.get(host.name) ?? { run: null, observed: null };
  if (!observed) return null;
  const { now, after } = textsOf(run, observed);
  return { now: hopsBy(host, fleet, now), after: hopsBy(host, fleet, after) };
}

/** The neighbour that cannot be undone together with a host although the two would not agree any more. */
export function neighbourLeft(host: Host, fleet: Fleet, all: All): Failure | null {
  const own = hopsOfBoth(host, fleet, all);
  const neighbours = [
    ...receiversOf(host, fleet).map(to => to.host),
    ...sidesOf(host, fleet).flatMap(side => sendersTo(host, side, fleet)),
  ];
  const left = neighbours.find(({ name }) => !all.get(name)?.observed);
  if (own === null || left === undefined || suitsOthers(own.now, own.after, host)) return null;
  return new Failure(
    'other-host-failed',
    `not undone: ${left.name} would stay as it is, and mail between the two can be refused permanently`,
    host.name,
    `undo both in one run, when ${left.name} can be reached; or restore the inventory and run mailtun provision, which changes them one after the other`,
  );
}

/** Whether all neighbours can stay as they are: whatever they may send is accepted or waits, and nothing else is sent to them. */
const suitsOthers = (now: Hops, after: Hops, host: Host): boolean =>
  (['tunnel', 'lan'] as const).every(side => takesAsMuch(now, after, side, host)) &&
  [...after.sends].every(
    ([name, mode]) =>
      (mode === 'tls' || now.sends.get(name) === mode) &&
      (after.binds.get(name) ?? null) === (now.binds.get(name) ?? null),
  ) &&
  [...after.routes].every(([address, to]) => loginOf(to) !== null || routeFor(address, now.routes) === to);

function takesAsMuch(now: Hops, after: Hops, side: Side, { role }: Host): boolean {
  if (after.takes[side] === undefined) return true;
  const { from } = after;
  return (
    now.takes[side] !== undefined &&
    (after.takes[side] !== 'tls' || now.takes[side] === 'tls') &&
    // What a relay refuses comes from outside, where the sender is told.
    (role === 'relay' || [...now.routes.keys()].every(one => routeFor(one, after.routes) !== undefined)) &&
    (from === 'anywhere' || (now.from !== 'anywhere' && [...now.from].every(one => from.has(one)))) &&
    [...now.senders].every(one => after.senders.has(one))
  );
}

/** Mail that waits on a host and that the next one would refuse after the undo. */
export function refusedByUndo(host: Host, fleet: Fleet, all: All): Failure | null {
  const own = hopsOfBoth(host, fleet, all);
  const mails = all.get(host.name)?.observed?.get(KEPT_ACTIONS).spool.unknown ?? [];
  if (own === null || mails.length === 0) return null;
  for (const { host: to, side } of receiversOf(host, fleet)) {
    const there = hopsOfBoth(to, fleet, all);
    if (there === null || there.after.takes[side] === undefined || to.role === 'relay') continue;
    const refused = mails.filter(
      mail => mail.agent === 'mta' && isTaken(mail, there.now, host) && !isTaken(mail, there.after, host),
    );
    if (refused.length > 0)
      return new Failure(
        'queue-not-empty',
        `${to.name} would refuse permanently what is queued for it: ${refused.slice(0, 5).map(datedMailIn).join('; ')}${refused.length > 5 ? '; …' : ''}`,
        host.name,
        'deliver it first (smtpctl schedule all), then run this again',
      );
  }
  return null;
}

/** By its recipient; of a workstation's mail to the world by its sender. */
const isTaken = ({ sender, recipient }: QueuedEnvelope, { routes, senders }: Hops, from: Host): boolean =>
  routeFor(recipientOf(recipient), routes) !== undefined ||
  (from.role === 'workstation' && senders.has(domainOf(sender)));
