/** The members of a turn of a rotation: ends of tunnels. Pure. */

import type { Fleet } from '../hosts/fleet.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { Failure } from '../run/failure.ts';
import type { Observed } from '../run/resource.ts';
import type { Member, NewKeys, PublicKeys } from '../run/turn-types.ts';
import { TO_FIND_OUT } from '../run/verification.ts';
import type { TunnelHost } from './neighbours.ts';
import { presharedKeyFile } from './preshared-key.ts';
import { hostnameIfWith, membersOf, partnersOf, presharedIn, switchWords, type Turn } from './rotation.ts';
import { makeReady, prepare, prepared, verifyKeys } from './rotation-scripts.ts';
import { answeringPeers } from './tunnel-verification.ts';

/**
 * The members of a turn. Relays switch first, the gateways when that is done: each end starts a handshake as it switches,
 * and two that cross on the way undo each other (noise_consume_initiation of wg_noise.c): nothing would pass until one is
 * repeated, 5 s later. So a relay's has to come too early, to a gateway that does not know its key yet; what the relay
 * sends waits in its queue, and the gateway's own handshake, right after, frees it.
 */
export const rotationMembers = (turn: Turn, fleet: Fleet): readonly Member[] => {
  const { interface: name } = fleet.tunnel;
  return membersOf(turn).map(host => {
    const rotates = turn.rotating.includes(host);
    const own = host.role === 'gateway' ? presharedIn(host, turn, fleet).map(({ path }) => path) : [];
    return {
      host: host.name,
      rotates,
      switchesFirst: host.role === 'relay',
      obstacle: observed => silentPartner(host, turn, fleet, observed),
      prepare: seconds => prepare(seconds, rotates, own),
      read: text => readKeys(host, text, { rotates, preshared: own.length }),
      ready: (keys, made, observed) =>
        makeReady({
          interface: name,
          hostnameIf: hostnameIfWith(host, fleet, keys.new),
          words: switchWords(host, turn, fleet, { keys, running: observed && wgIn(observed, name) }),
          tunnels: tunnelsOf(host, turn, keys.new, fleet),
          preshared: presharedFor(host, turn, made),
        }),
      verification: keys => verifyKeys(name, tunnelsOf(host, turn, keys, fleet)),
    };
  });
};

/** A far end that does not answer before the rotation. */
function silentPartner(host: TunnelHost, turn: Turn, fleet: Fleet, observed: Observed) {
  const answers = observed.get(answeringPeers(host, fleet));
  const silent = partnersOf(host, turn, fleet).find(peer => !answers.includes(peer.tunnel.address));
  if (!silent) return null;
  return { what: `${silent.name} does not answer through the tunnel`, remedy: TO_FIND_OUT };
}

function readKeys(
  host: TunnelHost,
  text: string,
  wanted: { readonly rotates: boolean; readonly preshared: number },
): NewKeys {
  const result = prepared(text);
  if ((wanted.rotates && result.publicKey === null) || result.preshared.size !== wanted.preshared)
    throw new Failure(
      'answer-unusable',
      'its new keys are not WireGuard keys',
      host.name,
      'see whether openssl rand -base64 32 works there',
    );
  return result;
}

/** What the gateways have made for `host`, as it will be kept there. */
function presharedFor(host: TunnelHost, turn: Turn, made: ReadonlyMap<string, NewKeys>) {
  if (host.role === 'gateway') return [];
  return membersOf(turn).flatMap(member => {
    const key = made.get(member.name)?.preshared.get(presharedKeyFile(host.name));
    return key === undefined ? [] : [{ path: presharedKeyFile(member.name), key }];
  });
}

const tunnelsOf = (host: TunnelHost, turn: Turn, keys: PublicKeys, fleet: Fleet) =>
  partnersOf(host, turn, fleet).map(peer => ({ address: peer.tunnel.address, publicKey: keys.get(peer.name) ?? '' }));
