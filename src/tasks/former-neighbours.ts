/**
 * A workstation that the inventory has moved to another gateway. Until both the workstation and its former gateway have been
 * changed, each may still hand the other mail: without TLS it would be refused by its address. Pure.
 */
import { gatewaysOf, type Host } from '../hosts/fleet.ts';
import { type Hops, type Side, sendersTo } from './hops.ts';
import type { At } from './standing.ts';

/** Those that send mail to a host on one of its sides: by the inventory, and those that may still do. */
export const maySendOn = (at: At, side: Side): readonly Host[] => [
  ...sendersTo(at.host, side, at.fleet),
  ...(side === 'lan' ? formerSenders(at) : []),
];

/**
 * Hosts of the LAN that may still send mail to one that is no neighbour of theirs any more. Of a host that could not be asked
 * its own files tell: it sends mail to that host, or accepts it from an address that is of no neighbour.
 */
function formerSenders(at: At): readonly Host[] {
  const { host, fleet, own } = at;
  const known = new Set(sendersTo(host, 'lan', fleet).flatMap(lanAddresses));
  const isOpen = own.from === 'anywhere' ? at.wanted.takes.lan === 'plain' : [...own.from].some(one => !known.has(one));
  return fleet.hosts.filter(one => {
    if (isFormerGateway(at, one)) return true;
    if (!isElsewhere(host, one)) return false;
    const there = at.known(one.name);
    return there === null ? isOpen || own.sends.has(one.name) : there.sends.has(host.name);
  });
}

/** Whether a gateway still has another one, which is new, for a workstation of its own. */
const isFormerGateway = ({ host, known }: At, one: Host): boolean =>
  host.role === 'gateway' &&
  one.role === 'gateway' &&
  one.name !== host.name &&
  (known(one.name)?.sends.has(host.name) ?? false);

/**
 * Whether a gateway that was a workstation may get mail from another gateway whose files do not tell: one that cannot be asked, or
 * that sends mail, without TLS, to a name that no host has any more.
 */
export function mayBeSentUnseen({ host, fleet, known, otherRole }: At): boolean {
  const others = gatewaysOf(fleet).filter(one => one.name !== host.name && otherRole(one.name) === null);
  return others.some(({ name }) => {
    const there = known(name);
    if (there === null) return true;
    if (there.sends.has(host.name)) return (there.binds.get(host.name) ?? null) === null && there.takes.lan !== 'tls';
    return [...there.sends].some(([to, mode]) => mode === 'plain' && fleet.hosts.every(one => one.name !== to));
  });
}

const lanAddresses = (host: Host): readonly string[] => (host.role === 'relay' || !host.lan ? [] : [host.lan.address]);

/** Whether one of two hosts is a workstation, and the other a gateway that is not its own. */
export const isElsewhere = (one: Host, other: Host): boolean =>
  (one.role === 'workstation' && other.role === 'gateway' && one.gateway !== other.name) ||
  (one.role === 'gateway' && other.role === 'workstation' && other.gateway !== one.name);

/**
 * The domains for whose users a workstation may have mail that its new gateway has to accept: those of its former gateway, and
 * of what waits there; where the gateway does not listen in the LAN yet, that waits for it already.
 * @param own the workstation as it is; null: it could not be asked.
 */
export function sendersWith(at: At, station: Host, own: Hops | null, isNew: boolean): readonly string[] {
  const waiting = [...at.queuedFrom(station.name)].filter(one => /^[\w.-]+$/.test(one));
  const former = gatewaysOf(at.fleet).filter(one => isElsewhere(station, one) && own?.sends.has(one.name));
  if (former.length === 0) return isNew ? waiting.filter(one => at.fleet.domains.includes(one)) : [];
  return [...former.flatMap(one => [...one.domains, ...(at.known(one.name)?.senders ?? [])]), ...waiting];
}
