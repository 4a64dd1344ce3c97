/** How neighbours in a LAN agree on addresses, if nothing better identifies them; see agreement.ts. Pure. */
import type { Host } from '../hosts/fleet.ts';
import { maySendOn, sendersWith } from './former-neighbours.ts';
import { type From, type Hops, receiversOf, type Side, sendersTo, wantedHops } from './hops.ts';
import { domainOf } from './neighbours.ts';
import { type At, changed } from './standing.ts';

/** A client with a certificate is accepted from anywhere; else the addresses of the inventory and those still in use. */
export function nextFrom(at: At, takes: Hops['takes']): From {
  const { from: wanted } = at.wanted;
  if (takes.lan === undefined) return new Set();
  if (takes.lan === 'tls') return 'anywhere';
  const senders = sendersTo(at.host, 'lan', at.fleet);
  const from = new Set(senders.flatMap(sender => (sender.role === 'relay' ? [] : (sender.lan?.address ?? []))));
  const before = at.own.from === 'anywhere' ? [] : [...at.own.from];
  for (const sender of maySendOn(at, 'lan')) {
    const there = at.known(sender.name);
    const bound = there?.binds.get(at.host.name);
    const used = there === null || bound === null ? before : bound === undefined ? [] : [bound];
    for (const address of used.filter(one => !from.has(one))) {
      from.add(address);
      const what = senders.includes(sender)
        ? `${address} is no longer an address of ${sender.name}`
        : `mail from ${address} is refused`;
      if (wanted !== 'anywhere') at.hold('smtpd', what, changed(sender.name));
    }
  }
  // Of a host that was a workstation the inventory has no address there any more.
  const former = at.host.role === 'gateway' ? at.former('workstation') : undefined;
  for (const address of former ? before.filter(one => !from.has(one)) : []) {
    from.add(address);
    if (wanted !== 'anywhere') at.hold('smtpd', `mail from ${address} is refused`, changed(former?.name ?? ''));
  }
  return from;
}

/** A sender binds its address once the receiver accepts mail from it. */
export const nextBinds = (at: At): Hops['binds'] =>
  new Map(
    receiversOf(at.host, at.fleet).flatMap(
      ({ host: { name }, side }): readonly (readonly [string, string | null])[] => {
        if (side !== 'lan') return [];
        const wanted = at.wanted.binds.get(name) ?? null;
        const before = at.own.binds.get(name);
        const there = at.known(name);
        const isTaken =
          there !== null &&
          (there.takes.lan === undefined || there.from === 'anywhere' || wanted === null || there.from.has(wanted));
        if (isTaken || before === undefined || before === wanted) return [[name, wanted]];
        at.hold('smtpd', `sending from ${wanted} to ${name}`, changed(name));
        return [[name, before]];
      },
    ),
  );

/** A removed domain stays valid for senders as long as such mail may be queued in the LAN. */
export function nextSenders(at: At): Hops['senders'] {
  const senders = new Set(at.wanted.senders);
  if (at.host.role !== 'gateway' || at.wanted.takes.lan === undefined) return senders;
  const stations = maySendOn(at, 'lan');
  const own = sendersTo(at.host, 'lan', at.fleet);
  const isNew = at.own.takes.lan === undefined;
  const coming = new Map(stations.map(one => [one.name, sendersWith(at, one, at.known(one.name), isNew)] as const));
  for (const domain of new Set([...at.own.senders, ...[...coming.values()].flat()])) {
    if (at.wanted.senders.has(domain)) continue;
    const isUsedBy = (name: string): boolean => at.queuedFrom(name).has(domain);
    const station = stations.find(
      one =>
        at.known(one.name) === null ||
        isUsedBy(one.name) ||
        coming.get(one.name)?.includes(domain) ||
        !own.includes(one),
    );
    if (!station) continue;
    senders.add(domain);
    const until = isUsedBy(station.name) ? `no mail of theirs waits on ${station.name}` : changed(station.name);
    at.hold('smtpd', `senders of ${domain} are refused`, until);
  }
  return senders;
}

/**
 * All other mail of a domain is refused once each of its recipients is accepted: until then what a neighbour sends to one of
 * them goes out to the domain's MX, as before.
 */
export const nextRefuses = ({ wanted, own }: At, routes: Hops['routes']): Hops['refuses'] =>
  new Set(
    [...wanted.refuses].filter(
      domain =>
        own.refuses.has(domain) ||
        [...wanted.routes.keys()].every(address => domainOf(address) !== domain || routes.has(address)),
    ),
  );

/** A host of another role by now that sends from an address in the LAN that the inventory does not have. */
export const strayStation = (at: At, side: Side): Host | undefined => {
  if (side !== 'lan' || at.host.role !== 'gateway' || at.own.takes.lan === undefined) return undefined;
  const known = new Set(
    sendersTo(at.host, 'lan', at.fleet).flatMap(one => (one.role === 'relay' ? [] : (one.lan?.address ?? []))),
  );
  const isStray = at.own.from === 'anywhere' || [...at.own.from].some(one => !known.has(one));
  return isStray ? at.former('workstation') : undefined;
};

/**
 * A sender that presents a certificate and does not bind its address, or may not: without the certificate it cannot be
 * identified.
 */
export const unboundSender = (at: At, side: Side): Host | undefined =>
  side === 'lan' && at.own.from === 'anywhere' && at.own.takes.lan === 'tls'
    ? maySendOn(at, 'lan').find(
        sender =>
          (at.known(sender.name)?.binds.get(at.host.name) ?? null) === null &&
          wantedHops(sender, at.fleet).binds.get(at.host.name) !== null,
      )
    : undefined;
