import { type Family, fileFirst, unaskedServers, withFamilies } from '../facts/resolv-conf.ts';
import { familyOf } from '../hosts/addresses.ts';
import type { Host, Named } from '../hosts/fleet.ts';
import { workstationsOf } from '../hosts/fleet.ts';
import { block } from '../resources/block.ts';
import { edited } from '../resources/edited.ts';
import { joined } from '../run/refusals.ts';
import { type Observed, type Reason, type Resource, reason, textOf } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { keepingNames, newAddress } from './exchanged-names.ts';
import { innerAddresses } from './former-names.ts';
import { leavingNames } from './gone.ts';
import type { View } from './hops.ts';
import { CONF } from './in-force.ts';
import { elsewhereFailure, elsewhereText, type NameElsewhere, namesElsewhere } from './names-elsewhere.ts';
import { linesStillUsed } from './names-in-use.ts';
import { gatewayOf, isTunnelHost, peersOf } from './neighbours.ts';
import { EMPTIED } from './retiring.ts';
import { smtpdState } from './smtpd.ts';

/** Names of the tunnel and the LAN in hosts(5), so that they need not be in DNS, and a resolver that reads it first. */
export const hostsFile: Task<Host, View> = {
  name: 'hosts-file',
  summary: 'names in the tunnel and the LAN resolve from /etc/hosts before DNS is asked',
  resources: (host, fleet) => [
    keepingNames(leavingNames(names(host, fleet), host, fleet), host, fleet),
    resolvConf(host, fleet),
  ],
};

/** What smtpd still uses goes in a later step of the run, after its restart. */
function names(host: Host, fleet: View): Resource {
  const wanted = () =>
    namesFor(host, fleet).map(({ address, name, isEmptied }) => `${address}\t${name}${isEmptied ? EMPTIED : ''}`);
  const resource = blockOf(wanted);
  return {
    ...resource,
    questions: [...resource.questions, { kind: 'file', path: CONF, want: 'content' }, smtpdState(host, fleet)],
    notes: observed =>
      elsewhereOn(host, fleet, observed)
        .map(one => elsewhereText(one, host, fleet.mail.tls))
        .map(({ what, remedy }) => `${what}: ${remedy}`),
    judge(observed, world) {
      const elsewhere = elsewhereOn(host, fleet, observed);
      // With TLS the other address has another certificate, and mail waits until this one is tried.
      if (!fleet.mail.tls && elsewhere.length > 0) throw joined(elsewhere.map(one => elsewhereFailure(one, host)));
      const kept = fleet.isRestarted ? [] : linesStillUsed(wanted(), observed, at => newAddress(at, host, fleet));
      return blockOf(() => [...wanted(), ...kept]).judge(observed, world);
    },
  };
}

const blockOf = (lines: () => readonly string[]): Resource =>
  block('/etc/hosts', lines, {
    // Names with the tunnel's new addresses are useless after a rollback to the old ones.
    risk: 'undone with lockout',
    // smtpd looks names up as _smtpd (lka.c).
    isPublic: true,
  });

/** Names that smtpd relays to and that the admin's own lines give another address. @param observed with /etc/hosts. */
export function elsewhereOn(host: Host, fleet: View, observed: Observed): readonly NameElsewhere[] {
  const own = innerAddresses(host);
  const relayed = namesFor(host, fleet)
    .filter(({ address }) => !own.includes(address))
    // smtpd relays to a relay under its public name.
    .map(({ address, name }) => ({ address, name: name.replace(/ .*/, '') }));
  const isInLan = (name: string): boolean => fleet.hosts.some(one => one.role !== 'relay' && one.lan?.name === name);
  const found = namesElsewhere(textOf(observed, '/etc/hosts'), relayed);
  // Of a neighbour in the LAN an address of the other family is its own as a rule, and no smtpd listens there.
  return found.filter(one => !isInLan(one.name) || familyOf(one.other) === familyOf(one.address));
}

/** A name of the tunnel or the LAN. */
interface KnownName extends Named {
  /** Its host is retiring and has no mail left: it can be removed from the inventory. */
  readonly isEmptied: boolean;
}

/** The names that `host` has to resolve. Further names of an entry follow the first one after a blank. */
export function namesFor(host: Host, fleet: View): readonly KnownName[] {
  const isEmptied = ({ name }: Host): boolean => fleet.emptied?.has(name) ?? false;
  const far = isTunnelHost(host)
    ? peersOf(host, fleet).map(peer => ({
        address: peer.tunnel.address,
        // The gateway reaches the relay under its public name, so that no header names the tunnel.
        name: peer.role === 'relay' ? `${peer.outbound.name} ${peer.tunnel.name}` : peer.tunnel.name,
        isEmptied: isEmptied(peer),
      }))
    : lanNames([gatewayOf(host, fleet)], isEmptied);
  const lan = host.role === 'gateway' ? lanNames(workstationsOf(fleet, host), isEmptied) : [];
  const own = [isTunnelHost(host) ? host.tunnel : null, host.role === 'relay' ? null : host.lan];
  return [...own.flatMap(name => (name ? { ...name, isEmptied: false } : [])), ...far, ...lan];
}

const lanNames = (hosts: readonly Host[], isEmptied: (host: Host) => boolean): readonly KnownName[] =>
  hosts.flatMap(host => (host.role === 'relay' || !host.lan ? [] : { ...host.lan, isEmptied: isEmptied(host) }));

const RESOLV_CONF = '/etc/resolv.conf';

/** A resolver that finds them. */
function resolvConf(host: Host, fleet: View): Resource {
  const addresses = namesFor(host, fleet).map(one => one.address);
  const families = (['inet4', 'inet6'] as const).filter(family =>
    addresses.some(address => (familyOf(address) === 4) === (family === 'inet4')),
  );
  const resource = edited(
    RESOLV_CONF,
    text => notFound(text, families),
    (text, exists) => withFamilies(fileFirst(text, exists), families),
  );
  return { ...resource, notes: observed => unasked(textOf(observed, RESOLV_CONF)) };
}

function unasked(text: string): readonly string[] {
  const lines = unaskedServers(text);
  if (lines.length === 0) return [];
  const where = `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')} of ${RESOLV_CONF}`;
  return [`${where}: CR LF at the end, so this name server is not asked; remove the carriage return`];
}

function notFound(text: string, families: readonly Family[]): Reason {
  const isFirst = (conf: string): boolean => fileFirst(conf, true) === conf;
  if (isFirst(text))
    return reason('line-missing', `its family line excludes addresses that names have (${families.join(', ')})`);
  return reason(
    'line-missing',
    isFirst(text.replaceAll('\r', '')) ? 'its lookup line ends with CR LF' : 'DNS is asked before /etc/hosts',
  );
}
