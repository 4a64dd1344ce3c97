import { inetOf } from '../facts/address-family.ts';
import { hostPrefix } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { onlyTunnelFile } from '../resources/former-tunnels.ts';
import { foreignInterface, type KeylessWg, lostByTakingOver } from '../resources/wg-in-use.ts';
import { type DesiredWg, type DesiredWgPeer, wgInterface } from '../resources/wg-interface.ts';
import { PRIVATE_KEY, WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { formerKeys } from '../resources/wg-preshared.ts';
import { hostnameIfOf, routeLine } from '../resources/wg-routes.ts';
import type { Observed, Published, Resource, World } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { routedBehind } from './behind.ts';
import { leavingPeers } from './gone.ts';
import { isTunnelHost, peersOf, presentOf, type TunnelHost } from './neighbours.ts';
import { isUnmade, peerOn, presharedKey, presharedKeyFile, runningPeer, type Sharing } from './preshared-key.ts';

/** The tunnel's end: hostname.if(5) for the next boot, and the running interface. */
export const wireguard: Task<Host, Sharing> = {
  name: 'wireguard',
  summary: 'the tunnel interface has its key, its address and exactly its peers, now and after a boot',
  resources: (host, fleet) => {
    if (!isTunnelHost(host)) return [];
    const { interface: name, port, presharedKey: isShared } = fleet.tunnel;
    const secrets = isShared ? peersOf(host, fleet).map(peer => presharedKeyFile(peer.name)) : [];
    const hasRoutes = peersOf(host, fleet).some(peer => behindPeer(host, peer, fleet).length > 0);
    const running = wgInterface({ name, port }, world => desiredWg(host, fleet, world), hasRoutes);
    return [
      ...presharedKey(host, fleet),
      onlyTunnelFile(
        file(hostnameIfOf(name), {
          content: world => hostnameIf(desiredWg(host, fleet, world)),
          ...ofRoot('0640'),
          risk: 'next boot',
        }),
        name,
      ),
      leavingPeers(
        {
          ...running,
          loses: observed => lostByTakingOver(name, keylessWg(host, fleet), observed),
          foreign: observed => foreignInterface(name, keylessWg(host, fleet), observed),
          recall: observed => keysIn(observed, host, fleet),
        },
        host,
        fleet,
      ),
      formerSecrets(hostnameIfOf(name), secrets),
    ];
  },
};

/** Removed only after the interface works without them. */
function formerSecrets(hostnameFile: string, wanted: readonly string[]): Resource {
  const files = formerKeys(wanted);
  return {
    ...files,
    judge(observed, world) {
      const due = files.judge(observed, world);
      if (due !== null) world.ready(hostnameFile);
      return due;
    },
  };
}

const keylessWg = (host: TunnelHost, fleet: Fleet): KeylessWg => ({
  port: fleet.tunnel.port,
  address: host.tunnel.address,
  prefixLength: host.tunnel.prefixLength,
  far: peersOf(host, fleet).map(peer => peer.tunnel.address),
});

/** The public keys of the far ends, as the interface has them, and that it has them. */
function keysIn(observed: Observed, host: TunnelHost, fleet: Fleet): Published {
  return new Map(
    peersOf(host, fleet).flatMap(({ name, tunnel }) => {
      const peer = runningPeer(observed, fleet, tunnel.address);
      return peer ? [[name, { [WG_PUBLIC_KEY]: peer.publicKey, [peerOn(host.name)]: '' }]] : [];
    }),
  );
}

/** The desired state of the interface of `host`. */
export function desiredWg(host: TunnelHost, fleet: Sharing, world: World): DesiredWg {
  const isUnknown = (peer: TunnelHost): boolean => world.lacks(peer.name, WG_PUBLIC_KEY);
  const present = presentOf(peersOf(host, fleet), isUnknown).filter(
    peer => isUnknown(peer) || !isUnmade(host, peer, fleet, world),
  );
  if (fleet.tunnel.presharedKey) for (const peer of present) world.ready(presharedKeyFile(peer.name));
  return {
    port: fleet.tunnel.port,
    keyFile: PRIVATE_KEY,
    publicKey: world.published(host.name, WG_PUBLIC_KEY),
    peers: present.map(
      (peer): DesiredWgPeer => ({
        publicKey: world.published(peer.name, WG_PUBLIC_KEY),
        allowedIps: [hostPrefix(peer.tunnel.address), ...behindPeer(host, peer, fleet)],
        endpoint: peer.role === 'relay' ? { host: peer.endpoint, port: fleet.tunnel.port } : null,
        keepaliveSeconds: fleet.tunnel.keepaliveSeconds,
        presharedKeyFile: fleet.tunnel.presharedKey ? presharedKeyFile(peer.name) : null,
        isUnshared: fleet.unshared?.others.has(peer.name) ?? false,
        keepsKey: fleet.unshared?.unset.has(peer.name) ?? false,
      }),
    ),
    address: host.tunnel.address,
    prefixLength: host.tunnel.prefixLength,
    mtu: fleet.tunnel.mtu,
    routes: present.flatMap(peer =>
      behindPeer(host, peer, fleet).map(prefix => ({ prefix, via: peer.tunnel.address })),
    ),
  };
}

/** What is behind a far end, as far as the tunnel leads there: who is behind a gateway. */
const behindPeer = (host: TunnelHost, peer: TunnelHost, fleet: Fleet): readonly string[] =>
  host.role === 'relay' && peer.role === 'gateway' ? routedBehind(host, peer, fleet) : [];

/**
 * hostname.if(5) without a secret in it. Each line is a command that netstart evaluates (netstart(8)): the key is read
 * when it runs. The address comes after the peers, for it brings the interface up (ifconfig(8)), and then what is routed
 * through it.
 */
export function hostnameIf(desired: DesiredWg): string {
  const key = (word: string, path: string): string => `${word} "$(cat ${path})"`;
  const peers = desired.peers.flatMap(peer => [
    ['wgpeer', peer.publicKey, ...endpointWords(peer), ...allowedWords(peer), `wgpka ${peer.keepaliveSeconds}`].join(
      ' ',
    ),
    ...(peer.presharedKeyFile === null
      ? []
      : [`!/sbin/ifconfig $if wgpeer ${peer.publicKey} ${key('wgpsk', peer.presharedKeyFile)}`]),
  ]);
  return `${[
    MARKED,
    `wgport ${desired.port}`,
    `!/sbin/ifconfig $if ${key('wgkey', desired.keyFile)}`,
    ...peers,
    ...(desired.mtu === null ? [] : [`mtu ${desired.mtu}`]),
    inetOf(desired.address) === 'inet6'
      ? `inet6 ${desired.address} ${desired.prefixLength}`
      : `inet ${desired.address}/${desired.prefixLength}`,
    ...desired.routes.map(routeLine),
  ].join('\n')}\n`;
}

const endpointWords = (peer: DesiredWgPeer): readonly string[] =>
  peer.endpoint ? [`wgendpoint ${peer.endpoint.host} ${peer.endpoint.port}`] : [];
const allowedWords = (peer: DesiredWgPeer): readonly string[] => peer.allowedIps.map(ip => `wgaip ${ip}`);
