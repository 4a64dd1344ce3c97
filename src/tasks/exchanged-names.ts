/**
 * Names and addresses in the tunnel and the LAN that the inventory takes from one host and gives to another. smtpd(8) looks the
 * name of the next hop up at each attempt, and queued mail keeps an action with that name: it would be handed to the other
 * host, which refuses it permanently. Of hosts that change their addresses one is always the first. Pure.
 */
import { addressOfName, type HostsLine } from '../facts/hosts-file.ts';
import { parseSmtpdConf } from '../facts/smtpd-conf.ts';
import { familyOf, isWithin, shortAddress } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import { type Observed, type Question, type Resource, textOf } from '../run/resource.ts';
import { innerAddresses, innerNames } from './former-names.ts';
import { routeFor, type View, wantedHops } from './hops.ts';
import { CONF } from './in-force.ts';
import { LEAVING, linesInBlock, recipientsAt } from './names-in-use.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';
import { refuseUnknown } from './two-runs.ts';

/** The question about hosts(5). */
export const HOSTS: Question = { kind: 'file', path: '/etc/hosts', want: 'content' };

/** A resource that is refused while a name or an address of another host would be a second one's in the same run. */
export const keepingNames = (resource: Resource, host: Host, fleet: View): Resource => ({
  ...resource,
  questions: [...resource.questions, HOSTS, { kind: 'file', path: CONF, want: 'content' }],
  judge(observed, world) {
    const lines = linesInBlock(textOf(observed, '/etc/hosts'));
    refuseExchange(host, fleet, lines);
    refuseTaken(host, fleet, lines, textOf(observed, CONF));
    refuseUnknown(host, fleet, lines, textOf(observed, CONF));
    return resource.judge(observed, world);
  },
});

/** @throws Failure naming every such name in mailtun's block of hosts(5). */
function refuseExchange(host: Host, fleet: View, lines: readonly HostsLine[]): void {
  const names = [...new Set(lines.flatMap(line => namesUsed(line, host, fleet)))];
  const moved = names.flatMap(name => {
    const next = ownerOf(name, fleet);
    const now = next && holderOf(name, next, fleet, lines);
    return now && isForOther(now, next) ? [{ name, now, next }] : [];
  });
  if (moved.length === 0) return;
  const all = moved.map(({ name }) => name).join(', ');
  throw new Failure(
    'name-exchanged',
    `${moved.map(({ name, now, next }) => `${name} is the name of ${now.name} now and would be that of ${next.name}`).join('; ')}: mail for the one would be sent to the other, which refuses it permanently`,
    host.name,
    `change names in two runs: in the first, no host may have the name ${all}; in the second, give it to the other host`,
  );
}

/** @throws Failure naming every address of the host and its neighbours that another host has. */
function refuseTaken(host: Host, fleet: View, lines: readonly HostsLine[], conf: string): void {
  const hosts = fleet.hosts.filter(one => one.name === host.name || areNeighbours(one, host));
  const inTunnel = hosts.map(endOf);
  const taken = hosts.flatMap((next, index) =>
    innerAddresses(next).flatMap(written => {
      const address = shortAddress(written);
      const isInTunnel = inTunnel[index] === address;
      // Ends that have to stay as a run that was killed has left them.
      const isShared = isInTunnel && inTunnel.indexOf(address) < index;
      if (!isShared && fleet.holders?.get(next.name)?.has(address)) return [];
      const holder = isInTunnel ? endAt(address, next, fleet) : inLanAt(address, next, fleet, lines);
      const isGiven = host.role === 'relay' && next.role === 'gateway' && fleet.holders?.has(next.name);
      const now = holder?.name ?? (isGiven ? formerAt(address, next, fleet, { lines, conf }) : undefined);
      return now === undefined ? [] : [{ address, now, next: next.name, isShared }];
    }),
  );
  if (taken.length === 0) return;
  const all = taken.map(({ address }) => address).join(', ');
  throw new Failure(
    'address-taken',
    `${taken.map(({ address, now, next }) => `${address} is the address of ${now} now and would be that of ${next}`).join('; ')}: mail for the one would be sent to the other, which can refuse it permanently`,
    host.name,
    taken.some(({ isShared }) => isShared)
      ? 'run mailtun provision without --host and --only while all hosts can be reached: that gives each its own address'
      : `change addresses in two runs: in the first, no host may have the address ${all}; in the second, give it to the other host`,
  );
}

/** The ends of tunnels by their addresses, for each state of the hosts. */
const ends = new WeakMap<object, ReadonlyMap<string, readonly Host[]>>();

/** Another end of a tunnel that has an address; of one that could not be asked it is the one that its far end knows. */
function endAt(address: string, next: Host, fleet: View): Host | undefined {
  const state = fleet.holders ?? fleet.hosts;
  const known = ends.get(state) ?? endsByAddress(fleet);
  ends.set(state, known);
  return known.get(address)?.find(one => one.name !== next.name);
}

function endsByAddress({ hosts, holders }: View): ReadonlyMap<string, readonly Host[]> {
  const known = new Map<string, Host[]>();
  for (const one of hosts.filter(isTunnelHost))
    for (const address of holders?.get(one.name) ?? [shortAddress(one.tunnel.address)])
      known.set(address, [...(known.get(address) ?? []), one]);
  return known;
}

/** Another host of the same LAN that has an address; of one that could not be asked it is what its name has. */
function inLanAt(address: string, next: Host, fleet: View, lines: readonly HostsLine[]): Host | undefined {
  return fleet.hosts.find(one => {
    if (one.role === 'relay' || one.name === next.name || lanOf(one) !== lanOf(next) || !one.lan) return false;
    const known = fleet.holders?.get(one.name);
    if (known) return known.has(address);
    const found = addressOfName(one.lan.name, lines);
    return found !== undefined && shortAddress(found) === address;
  });
}

/** The name of a gateway that is gone, for which smtpd may still have mail that the next host at its address refuses. */
function formerAt(
  address: string,
  next: Host,
  fleet: View,
  { lines, conf }: { readonly lines: readonly HostsLine[]; readonly conf: string },
): string | undefined {
  const accepted = wantedHops(next, fleet).routes;
  const isRefused = (name: string): boolean =>
    recipientsAt(name, parseSmtpdConf(conf)).some(one => routeFor(one, accepted) === undefined);
  return lines
    .filter(line => familyOf(line.address) !== null && shortAddress(line.address) === address)
    .flatMap(({ names, text }) =>
      names.filter(name => !ownerOf(name, fleet) && (text.endsWith(LEAVING) || isRefused(name))),
    )[0];
}

/**
 * What the neighbour that has an address in the tunnel now is to have there instead; undefined where that is unknown, or where it
 * has none there any more, in another role: it would refuse that mail in the LAN.
 */
export function newAddress(written: string, host: Host, fleet: View): string | undefined {
  if (!isTunnelHost(host) || familyOf(written) === null || !isWithin(written, host.tunnel)) return undefined;
  const far = peersOf(host, fleet).find(one => hasAddress(one, written, fleet));
  return far?.tunnel.address;
}

/** The gateway of the LAN. */
const lanOf = (host: Host): string | null =>
  host.role === 'workstation' ? host.gateway : host.role === 'gateway' ? host.name : null;

/** Mail is handed to a relay only under its public name, which comes first. */
function namesUsed({ address, names }: HostsLine, host: Host, fleet: View): readonly string[] {
  const isOfRelay = fleet.hosts.some(one => one.role === 'relay' && hasAddress(one, address, fleet));
  if (!isOfRelay) return names;
  return host.role === 'relay' ? [] : names.slice(0, 1);
}

/** The host that a name leads to by a host's hosts(5), and the one that it would lead to; null where that is unknown. */
export function leadsFromTo(name: string, fleet: View, observed: Observed): readonly [string | null, string | null] {
  const next = ownerOf(name, fleet);
  return [holderOf(name, next, fleet, linesInBlock(textOf(observed, '/etc/hosts')))?.name ?? null, next?.name ?? null];
}

const owners = new WeakMap<readonly Host[], ReadonlyMap<string, Host>>();

/** The host that a name belongs to by the inventory. */
function ownerOf(name: string, { hosts }: Fleet): Host | undefined {
  const known =
    owners.get(hosts) ?? new Map(hosts.toReversed().flatMap(host => innerNames(host).map(one => [one, host] as const)));
  owners.set(hosts, known);
  return known.get(name);
}

/**
 * The host that has the address of a name on an interface: its owner, if that has it. Of hosts that could not be asked it is the
 * one with that address in the tunnel, which stays as it is while one of them cannot be changed; in the LAN it may have another
 * one by now.
 */
function holderOf(name: string, owner: Host | undefined, fleet: View, lines: readonly HostsLine[]): Host | undefined {
  const found = addressOfName(name, lines);
  if (found === undefined) return undefined;
  if (owner && hasAddress(owner, found, fleet)) return owner;
  return fleet.hosts.find(host => (!owner || isForOther(host, owner)) && hasAddress(host, found, fleet));
}

const endOf = (host: Host): string | null => (isTunnelHost(host) ? shortAddress(host.tunnel.address) : null);

function hasAddress(host: Host, written: string, { holders }: View): boolean {
  if (familyOf(written) === null) return false;
  const address = shortAddress(written);
  return holders?.get(host.name)?.has(address) ?? endOf(host) === address;
}

/** Whether mail for one host could be handed to another: any relay will do for outbound mail. */
const isForOther = (one: Host, other: Host): boolean =>
  one.name !== other.name && (areNeighbours(one, other) || areAlike(one, other));

const areNeighbours = (one: Host, other: Host): boolean => isAtGateway(one, other) || isAtGateway(other, one);

const isAtGateway = (one: Host, other: Host): boolean =>
  one.role === 'gateway' && (other.role === 'relay' || (other.role === 'workstation' && other.gateway === one.name));

const areAlike = (one: Host, other: Host): boolean =>
  (one.role === 'gateway' && other.role === 'gateway') ||
  (one.role === 'workstation' && other.role === 'workstation' && one.gateway === other.gateway);
