/**
 * Neighbours that a host still sends mail to and that are no longer in the inventory: mail queued on them could not leave. A
 * retiring host is sent nothing any more; /etc/hosts records whether it had mail left. Pure.
 */

import { type HostsLine, parseHostsFile } from '../facts/hosts-file.ts';
import type { WgInterface } from '../facts/ifconfig.ts';
import { ADDRESSES, WG_INTERFACES } from '../facts/interfaces.ts';
import { parseSmtpdConf } from '../facts/smtpd-conf.ts';
import type { Host } from '../hosts/fleet.ts';
import { MARK } from '../resources/file.ts';
import { OWN_TUNNELS } from '../resources/former-tunnels.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { NotPublished, type Observed, type Question, type Resource, textOf, type World } from '../run/resource.ts';
import { withoutCarried } from './carried-section.ts';
import { innerAddresses, innerNames } from './former-names.ts';
import type { View } from './hops.ts';
import { CONF } from './in-force.ts';
import { LEAVING, linesInBlock, relayedTo } from './names-in-use.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { EMPTIED } from './retiring.ts';
import { peerTo } from './tunnel-peers.ts';
import { runningTunnel } from './tunnel-verification.ts';

const QUESTIONS: readonly Question[] = [
  { kind: 'file', path: CONF, want: 'content' },
  { kind: 'file', path: '/etc/hosts', want: 'content' },
  ADDRESSES,
];

/** An end of the tunnel that may drop a peer that may still have mail only with --take-over. */
export const leavingPeers = (interfaceOf: Resource, host: TunnelHost, fleet: View): Resource => ({
  ...interfaceOf,
  questions: [...interfaceOf.questions, ...QUESTIONS],
  leaves(observed, world) {
    const wg = wgIn(observed, fleet.tunnel.interface);
    const known = knownTo(host, fleet, world);
    return left(
      unknownTo(host, fleet, observed).filter(({ address }) => {
        const peer = peerTo(wg, address);
        return peer !== undefined && !known.includes(peer.publicKey);
      }),
    );
  },
});

/** A gateway's smtpd.conf that may drop a workstation that may still have mail only with --take-over. */
export const leavingStations = (conf: Resource, host: Host, fleet: View): Resource =>
  host.role !== 'gateway'
    ? conf
    : {
        ...conf,
        questions: [...conf.questions, ...QUESTIONS, WG_INTERFACES],
        leaves(observed, world) {
          const wg = wgIn(observed, fleet.tunnel.interface);
          return left(
            unknownTo(host, fleet, observed).filter(
              one => peerTo(wg, one.address) === undefined && !isUnreached(one, wg, () => knownTo(host, fleet, world)),
            ),
          );
        },
      };

/**
 * A gateway's /etc/hosts that may drop a name that mail is still sent to only with --take-over: a relay's name is in DNS as
 * well, with an address where the relay refuses mail from outside.
 */
export const leavingNames = (names: Resource, host: Host, fleet: View): Resource =>
  host.role !== 'gateway'
    ? names
    : {
        ...names,
        questions: [...names.questions, ...QUESTIONS, WG_INTERFACES, OWN_TUNNELS],
        leaves(observed, world) {
          const wg = runningTunnel(observed, fleet);
          const known = knownTo(host, fleet, world);
          // A peer whose key is known has only changed its name and address.
          return left(
            unknownTo(host, fleet, observed).filter(
              one =>
                one.isOurs &&
                !known.includes(peerTo(wg, one.address)?.publicKey ?? '') &&
                !isUnreached(one, wg, () => known),
            ),
          );
        },
      };

interface Unknown {
  readonly name: string;
  readonly address: string;
  /** Within mailtun's block of /etc/hosts. */
  readonly isOurs: boolean;
  /** Of a relay. */
  readonly isRelays: boolean;
}

/**
 * A relay that was never set up: all that the tunnel leads to are hosts of the inventory, with whatever addresses, so that it
 * neither got mail nor has any for this host. @param known their public keys.
 */
const isUnreached = ({ isRelays }: Unknown, wg: WgInterface | null, known: () => readonly string[]): boolean =>
  isRelays && (wg?.peers.every(peer => known().includes(peer.publicKey)) ?? false);

const left = (gone: readonly Unknown[]): string | null =>
  gone.length === 0
    ? null
    : `${gone.map(({ name, address }) => `${name} (${address})`).join(', ')} ${gone.length === 1 ? 'is' : 'are'} no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)`;

/**
 * Names that mailtun's smtpd.conf hands mail to, and those in mailtun's block of /etc/hosts that are not noted as empty;
 * one with an address of the inventory's has another name now, one that was asked may have another role, and one that a run
 * has begun to remove needs no leave again.
 */
function unknownTo(host: Host, fleet: View, observed: Observed): readonly Unknown[] {
  const text = textOf(observed, CONF);
  if (!text.includes(MARK)) return [];
  const conf = parseSmtpdConf(withoutCarried(text));
  const served = relayedTo(conf);
  const hostsFile = textOf(observed, '/etc/hosts');
  const own = new Set(conf.listeners.flatMap(({ raw }) => / hostname "?([^" ]+)/.exec(raw)?.[1] ?? []));
  const names = new Set(fleet.hosts.flatMap(innerNames));
  // A host that had another name and has an address still, which waits to be changed, is itself.
  const addresses = new Set([
    ...fleet.hosts.flatMap(innerAddresses),
    ...observed.get(ADDRESSES).map(({ address }) => address),
  ]);
  const isGone = (entry: Entry): boolean =>
    !entry.text.endsWith(LEAVING) &&
    !addresses.has(entry.address) &&
    !fleet.present?.has(entry.address) &&
    !entry.names.some(name => names.has(name) || own.has(name) || name === host.name);
  return entriesIn(hostsFile).flatMap(entry => {
    if (!isGone(entry)) return [];
    const handed = entry.names.find(name => served.includes(name));
    const name = handed ?? (entry.isOurs && !entry.isEmptied ? entry.names[0] : undefined);
    return name === undefined ? [] : [{ name, address: entry.address, isOurs: entry.isOurs, isRelays: entry.isRelays }];
  });
}

interface Entry extends HostsLine {
  /** Within mailtun's block. */
  readonly isOurs: boolean;
  readonly isEmptied: boolean;
  readonly isRelays: boolean;
}

function entriesIn(file: string): readonly Entry[] {
  const ours = new Set(linesInBlock(file).map(({ text }) => text));
  return parseHostsFile(file).map(line => ({
    ...line,
    isOurs: ours.has(line.text),
    // Its public name and that in the tunnel: others have one name per address (hosts-file.ts).
    isRelays: ours.has(line.text) && line.names.length > 1,
    isEmptied: line.text.endsWith(EMPTIED),
  }));
}

/** The public keys of the host's far ends. */
const knownTo = (host: Host, fleet: View, world: World): readonly string[] =>
  isTunnelHost(host) ? peersOf(host, fleet).flatMap(peer => keyOf(peer.name, world) ?? []) : [];

/** Null while the host has not made one. */
function keyOf(host: string, world: World): string | null {
  if (world.lacks(host, WG_PUBLIC_KEY)) return null;
  try {
    return world.published(host, WG_PUBLIC_KEY);
  } catch (error) {
    if (error instanceof NotPublished) return null;
    throw error;
  }
}
