import type { WgPeer } from '../facts/ifconfig.ts';
import { isWgKey } from '../facts/wg-key-state.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { file, ofRoot, made as staged } from '../resources/file.ts';
import { formerTunnels } from '../resources/former-tunnels.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { isUnset, unsetAfter } from '../resources/wg-preshared.ts';
import { hostnameIfOf } from '../resources/wg-routes.ts';
import { command } from '../run/command.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { lostReason } from '../run/lost.ts';
import { change, HeldBack, type Observed, type Resource, reason, textOf, type World } from '../run/resource.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';
import { peerTo } from './tunnel-peers.ts';

/** Where a host keeps the key that it shares with `peer`. */
export const presharedKeyFile = (peer: string): string => `/root/KEY_PRESHARED.${peer}`;

const published = (peer: string): string => `preshared key with ${peer}`;

/** What a host recalls of a far end that its interface has as a peer. */
export const peerOn = (host: string): string => `a peer of ${host}`;

/**
 * Whether a relay's tunnel to a gateway has to wait for the key, which the gateway cannot make now, and is not there yet: to
 * wait for it with the whole interface would leave smtpd(8) without the address that it listens on.
 */
export const isUnmade = (host: TunnelHost, peer: TunnelHost, fleet: Sharing, world: World): boolean =>
  fleet.tunnel.presharedKey &&
  host.role === 'relay' &&
  (isHeld(peer, fleet) || (!world.knows(peer.name, peerOn(host.name)) && world.lacks(peer.name, published(host.name))));

const isHeld = (peer: TunnelHost, { unshared }: Sharing): boolean => unshared?.unmade.has(peer.name) ?? false;

const MAKE = `
umask 077
path=$1 former=$2
stage "$path" || exit 1
new=$path.mailtun.unfinished
key() {
	if [ -n "$former" ] && grep -Eqsx '[A-Za-z0-9+/]{43}=' "$former"; then
		cat "$former"
	else
		openssl rand -base64 32
	fi
}
key >"$new" && [ "$(wc -c <"$new")" -eq 45 ] ||
  { rm -f "$new"; complain 'no key could be made'; exit 1; }
`;

/** Preshared keys, if the inventory wants them: made on the gateway; mailtun transfers them to the relay and keeps no copy. */
export function presharedKey(host: TunnelHost, fleet: Sharing): readonly Resource[] {
  if (!fleet.tunnel.presharedKey) return [];
  return peersOf(host, fleet).map(peer => {
    const path = presharedKeyFile(peer.name);
    if (host.role === 'gateway')
      return made(path, published(peer.name), { peer: peer.name, wg: fleet.tunnel.interface });
    const content = (key: string): string => `${key}\n`;
    const copy = file(path, {
      content: world => content(world.published(peer.name, published(host.name))),
      ...ofRoot('0600'),
      secret: true,
      risk: 'lockout',
      mine: true,
    });
    return {
      ...copy,
      // A peer that is left out needs no key; one that is remembered does.
      judge(observed, world) {
        if (isHeld(peer, fleet))
          throw new HeldBack(`the tunnel to ${peer.name}, which makes its key`, `${peer.name} can be changed as well`);
        if (fleet.unshared?.unset.has(peer.name))
          throw new HeldBack(
            `the new preshared key, which ${peer.name} has not set`,
            `${peer.name} can be changed as well`,
          );
        const isLeftOut = world.lacks(peer.name, WG_PUBLIC_KEY) || isUnmade(host, peer, fleet, world);
        const due = isLeftOut ? null : copy.judge(observed, world);
        return due && unsetAfter(due, path);
      },
      recall: observed => new Map([[peer.name, keyIn(observed, path, published(host.name))]]),
    };
  });
}

/**
 * @param of the peer that it is shared with. Where that has had another name in the inventory, its key stays: the host itself may be
 * one that cannot be changed now.
 */
const made = (path: string, key: string, of: { readonly peer: string; readonly wg: string }): Resource => ({
  id: path,
  questions: [
    { kind: 'file', path, want: 'content' },
    { kind: 'file', path: hostnameIfOf(of.wg), want: 'content' },
  ],
  judge(observed, world) {
    const { content } = observed.file(path);
    const text = content?.toString('utf8').trim() ?? '';
    if (isWgKey(text)) return null;
    // A peer whose public key has not been made yet is a new one: to wait for it here would be to wait for each other.
    const former = world.knows(of.peer, WG_PUBLIC_KEY)
      ? formerFile(textOf(observed, hostnameIfOf(of.wg)), world.published(of.peer, WG_PUBLIC_KEY))
      : '';
    const due = change(
      path,
      text === ''
        ? reason('file-missing', 'missing')
        : lostReason({ content }, reason('preshared-key-invalid', 'no WireGuard key')),
      [{ label: `makes ${path}`, ...staged(command(MAKE, path, former), path) }],
    );
    return unsetAfter(due, path);
  },
  publish: observed => keyIn(observed, path, key),
});

/** The file that netstart(8) has for the key of a peer; empty: none. */
const formerFile = (text: string, publicKey: string): string =>
  text
    .split('\n')
    .filter(line => line.includes(` wgpeer ${publicKey} wgpsk `))
    .map(line => /"\$\(cat (\/root\/KEY_PRESHARED\.[\w.-]+)\)"/.exec(line)?.[1] ?? '')
    .join('');

/** The inventory, and what the far ends of a host have of the keys that they share with it. */
export interface Sharing extends Fleet {
  readonly unshared?: Unshared;
}

/** Names of far ends. */
interface Unshared {
  /** Those for which the interface of the host gets the key of the file now, whatever it has. */
  readonly others: ReadonlySet<string>;
  /** Gateways that have none, cannot be changed to make it, and are no peers of the host yet. */
  readonly unmade: ReadonlySet<string>;
  /** Peers that have made another one, which their interfaces do not have yet, and cannot be changed to set it. */
  readonly unset: ReadonlySet<string>;
}

const NONE: Unshared = { others: new Set(), unmade: new Set(), unset: new Set() };

/**
 * Where a run has made the key, and ended before the interfaces got it, only the files show that they have the former one: they
 * differ, or are marked as not set. Alone, an end sets its key only if the far end has it set.
 */
export function unsharedOf(host: Host, fleet: Fleet, all: ObservedHosts): Unshared {
  const own = all.get(host.name)?.observed;
  if (!own || !isTunnelHost(host) || !fleet.tunnel.presharedKey) return NONE;
  const far = peersOf(host, fleet).flatMap(({ name, role, tunnel }) => {
    const { observed = null, canChange = false } = all.get(name) ?? {};
    if (observed === null) return [];
    const [path, farPath] = [presharedKeyFile(name), presharedKeyFile(host.name)];
    const key = keyAt(observed, farPath);
    return {
      name,
      makes: role === 'gateway',
      canChange,
      key,
      isSame: key === keyAt(own, path),
      isSet: !isUnset(own, path, fleet.tunnel.interface),
      isSetThere: !isUnset(observed, farPath, fleet.tunnel.interface),
      isPeer: runningPeer(own, fleet, tunnel.address) !== undefined,
    };
  });
  const others = far.filter(one => !(one.isSame && one.isSet) && (one.canChange || (one.isSame && one.isSetThere)));
  const away = far.filter(({ makes, canChange }) => makes && !canChange);
  const unmade = away.filter(({ key, isPeer }) => key === null && !isPeer);
  const unset = away.filter(({ isPeer, isSame, isSetThere }) => isPeer && !isSame && !isSetThere);
  return { others: namesOf(others), unmade: namesOf(unmade), unset: namesOf(unset) };
}

const namesOf = (hosts: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(hosts.map(({ name }) => name));

/** The peer of a host that an address of the tunnel is routed to, on whatever interface of mailtun. */
export const runningPeer = (observed: Observed, { tunnel }: Fleet, address: string): WgPeer | undefined =>
  [tunnel.interface, ...formerTunnels(observed, tunnel.interface)].flatMap(
    name => peerTo(wgIn(observed, name), address) ?? [],
  )[0];

/** Null where there is no key in the file. */
function keyAt(observed: Observed, path: string): string | null {
  const text = observed.file(path).content?.toString('utf8').trim() ?? '';
  return isWgKey(text) ? text : null;
}

function keyIn(observed: Observed, path: string, key: string): Readonly<Record<string, string>> {
  const text = keyAt(observed, path);
  return text === null ? {} : { [key]: text };
}
