/**
 * Which certificate a relay goes on presenting for its outbound name: a gateway verifies either the relay's own one or an
 * authority's, so both change in one run or neither does. Pure.
 */
import { type Fleet, gatewaysOf, type Host, type Relay, relaysOf } from '../hosts/fleet.ts';
import { MARK } from '../resources/file.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { HeldBack, textOf, type World } from '../run/resource.ts';
import type { View } from './hops.ts';
import { CONF } from './in-force.ts';
import { type Shown, selfSignedPki, shownIn, vouchedNames } from './shown-certificates.ts';
import { changed } from './standing.ts';

/** The certificate of a relay that cannot change. */
export interface Presented {
  /** Whether an authority vouches for it. */
  readonly isVouched: boolean;
  /** The condition of a change. */
  readonly until: string;
}

/** By the relay's name; no entry: it may change now, or presents none that is known. */
export function presentedIn(
  fleet: Fleet,
  observedHosts: ObservedHosts,
  canChange: (host: string) => boolean,
): ReadonlyMap<string, Presented> {
  const gateway = gatewaysOf(fleet).find(({ name }) => !canChange(name));
  return new Map(
    relaysOf(fleet).flatMap(relay => {
      const away = canChange(relay.name) ? gateway?.name : relay.name;
      const observed = observedHosts.get(relay.name)?.observed;
      const cert = observed ? certificateIn(textOf(observed, CONF), relay.outbound.name) : undefined;
      if (away === undefined || cert === undefined) return [];
      return [[relay.name, { isVouched: cert !== selfSignedPki(relay.outbound.name).cert, until: changed(away) }]];
    }),
  );
}

/** The file that an smtpd.conf of mailtun's names. */
const certificateIn = (conf: string, name: string): string | undefined =>
  conf.includes(MARK)
    ? conf.split('\n').flatMap(line => (line.startsWith(`pki ${name} cert "`) ? (line.split('"')[1] ?? []) : []))[0]
    : undefined;

/** What relays present after this run. */
export const presentedBy =
  (world: World, { presented }: View): Shown =>
  (relay, name) =>
    (name === relay.outbound.name ? presented?.get(relay.name)?.isVouched : undefined) ?? shownIn(world)(relay, name);

/** @throws HeldBack for a relay that would present another certificate than before. */
export function keepPresented(host: Host, { presented }: View, world: World): void {
  const now = presented?.get(host.name);
  if (host.role !== 'relay' || now === undefined) return;
  if (shownIn(world)(host, host.outbound.name) !== now.isVouched)
    throw new HeldBack(`the certificate of ${host.outbound.name}`, now.until);
}

/** Whether a relay goes on presenting a certificate that the inventory does not have any more. */
export const presentsFormer = (relay: Relay, { presented }: View): boolean =>
  (presented?.get(relay.name)?.isVouched ?? false) && !vouchedNames(relay).includes(relay.outbound.name);
