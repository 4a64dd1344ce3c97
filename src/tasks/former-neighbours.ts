/**
 * A workstation that the inventory has moved to another gateway. Until both the workstation and its former gateway have been
 * changed, each may still hand the other mail: without TLS it would be refused by its address. Pure.
 */
import { gatewaysOf, type Host } from '../hosts/fleet.ts';
import { type Hops, isRest, receiversOf, type Side, sendersTo } from './hops.ts';
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
  const isOpen =
    own.from === 'anywhere' ? at.wanted.takes.lan === 'plain' : hasStranger(own.from, sendersTo(host, 'lan', fleet));
  return fleet.hosts.filter(one => {
    if (isFormerGateway(at, one) || wasGateway(at, one, isOpen)) return true;
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
 * Whether a host that is no gateway in the inventory may still send a workstation mail as the gateway that it was.
 * @param isOpen whether the workstation accepts mail of others than its neighbours.
 */
function wasGateway({ host, fleet, own, asIs }: At, one: Host, isOpen: boolean): boolean {
  if (host.role !== 'workstation' || one.role === 'gateway' || one.name === host.name) return false;
  const there = asIs(one.name);
  if (there !== null) return there.role === 'gateway' && there.sends.has(host.name);
  if (one.role === 'workstation') return isOpen;
  return own.from !== 'anywhere' && hasStranger(own.from, fleet.hosts);
}

/**
 * A host that still sends mail to a workstation as the gateway that it was: that one waits for it, since it would refuse the mail.
 */
export function formerStation({ host, fleet, before, asIs }: At): Host | undefined {
  const { role, takes, from } = before;
  if (host.role !== 'workstation' || role !== 'gateway' || takes.lan === undefined) return undefined;
  const isStray = from === 'anywhere' || hasStranger(from, fleet.hosts);
  return fleet.hosts.find(one => {
    if (one.name === host.name) return false;
    const there = asIs(one.name);
    if (there !== null) return there.role === 'workstation' && there.sends.has(host.name);
    return one.role === 'workstation' && (isStray || lanAddresses(one).some(address => from.has(address)));
  });
}

/** A host that still has mail for one which was a neighbour of it before, and has had another role since, to other recipients. */
export function sendsWhatIsRefused(at: At): Host | undefined {
  const { host, own, wanted } = at;
  const side = host.role === 'gateway' ? 'tunnel' : 'lan';
  if (host.role === 'relay' || own.takes[side] !== undefined) return undefined;
  return maySendOn(at, side).find(({ name }) => {
    const routes = [...(at.known(name)?.routes ?? [])].filter(([, to]) => to === host.name).map(([address]) => address);
    const waiting = [...at.queued(name)].filter(address => at.queuedTo(name, address) === host.name);
    return [...routes, ...waiting].some(address => !isRest(address) && !wanted.routes.has(address));
  });
}

/** Whether addresses are accepted that none of these hosts has in the LAN. */
const hasStranger = (from: ReadonlySet<string>, hosts: readonly Host[]): boolean => {
  const known = new Set(hosts.flatMap(lanAddresses));
  return [...from].some(one => !known.has(one));
};

/**
 * Whether a gateway that was a workstation may get mail from another gateway whose files do not tell: one that cannot be asked, or
 * that sends mail, without TLS, to a name that no host has any more.
 */
export function mayBeSentUnseen({ host, fleet, known, otherRole }: At): boolean {
  const others = gatewaysOf(fleet).filter(one => one.name !== host.name && otherRole(one.name) === null);
  return others.some(({ name }) => {
    const there = known(name);
    if (there === null) return true;
    // What gateways send to a relay goes through the tunnel, which does not lead from one to another.
    const isSent = there.sends.has(host.name) && otherRole(host.name) !== 'relay';
    if (isSent) return (there.binds.get(host.name) ?? null) === null && there.takes.lan !== 'tls';
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
  const gateway = receiversOf(station, at.fleet)[0]?.host.name;
  const former = at.fleet.hosts.filter(one => one.name !== gateway && own?.sends.has(one.name));
  if (former.length === 0) return isNew ? waiting.filter(one => at.fleet.domains.includes(one)) : [];
  const served = (one: Host): readonly string[] => (one.role === 'gateway' ? one.domains : []);
  return [...former.flatMap(one => [...served(one), ...(at.asIs(one.name)?.senders ?? [])]), ...waiting];
}
