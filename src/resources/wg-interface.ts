import { inetOf } from '../facts/address-family.ts';
import type { InterfaceAddress, WgInterface, WgPeer } from '../facts/ifconfig.ts';
import { WG_INTERFACES } from '../facts/interfaces.ts';
import { MARKS } from '../facts/own-tunnels.ts';
import { command } from '../run/command.ts';
import { change, type Observed, type Resource, reason, type Step, type World } from '../run/resource.ts';
import { formerTunnels, OWN_TUNNELS, refuseTakenPort, retireSteps } from './former-tunnels.ts';
import { refuseDomain } from './wg-domain.ts';
import { type DesiredSharing, isRekeyed, sharedWords } from './wg-preshared.ts';
import { keptRoutes, routeMoves, routesQuestions, type TunnelRoute } from './wg-routes.ts';

/** The MTU of wg(4) if none is set (if_wg.c). */
const SYSTEM_MTU = 1420;

/** The desired state of a wg(4) interface. */
export interface DesiredWg {
  readonly port: number;
  /** Path of the private key on the host, 44 characters of base64. */
  readonly keyFile: string;
  readonly publicKey: string;
  readonly peers: readonly DesiredWgPeer[];
  readonly address: string;
  readonly prefixLength: number;
  /** Bytes; null is the system's default. */
  readonly mtu: number | null;
  /** Routes to networks behind the far ends. */
  readonly routes: readonly TunnelRoute[];
}

/** The desired state of a peer. */
export interface DesiredWgPeer extends DesiredSharing {
  readonly publicKey: string;
  /** `ADDRESS/LENGTH`. */
  readonly allowedIps: readonly string[];
  /** Null if the far end starts handshakes. */
  readonly endpoint: { readonly host: string; readonly port: number } | null;
  readonly keepaliveSeconds: number;
}

// ifconfig(8) accepts keys only as arguments; they are read here, so that they are in no argument list but ifconfig's own.
const IFCONFIG = `
interface=$1; shift
keep_running interface "$interface" || exit
ifconfig "$interface" >/dev/null 2>&1 || : >"${MARKS}$interface" || exit
count=$# secret=
set -A marks --
for word; do
  [ "$secret" != wgpsk ] || marks[\${#marks[*]}]=${MARKS}\${word##*/}
  [ -z "$secret" ] || { word=$(<"$word") && [ -n "$word" ]; } || exit 1
  secret=
  case $word in wgkey|wgpsk) secret=$word;; esac
  set -- "$@" "$word"
done
shift $count
ifconfig "$interface" "$@" && { [ \${#marks[*]} -eq 0 ] || rm -f "\${marks[@]}"; }
`;

// A packet sent into a tunnel starts a handshake; whether it was answered, the verification of the tunnel shows.
const CALL = `
for address; do
  case $address in *:*) ping=ping6;; *) ping=ping;; esac
  $ping -n -c 1 -w 1 "$address" </dev/null >/dev/null 2>&1 &
done
`;

/** The interface of that name; null where there is none. */
export const wgIn = (observed: Observed, name: string): WgInterface | null =>
  observed.get(WG_INTERFACES).find(one => one.name === name) ?? null;

/** The resource of the running interface of that name. */
export const wgResource = (name: string): string => `interface ${name}`;

/** A running wg(4) interface: key, port, address and exactly these peers. Only what differs is set. */
export function wgInterface(
  { name, port }: Pick<DesiredWg, 'port'> & { readonly name: string },
  desired: (world: World) => DesiredWg,
  hasRoutes: boolean,
): Resource {
  const id = wgResource(name);
  return {
    id,
    questions: [WG_INTERFACES, OWN_TUNNELS, ...routesQuestions(name, hasRoutes)],
    judge(observed, world) {
      const now = wgIn(observed, name);
      refuseDomain(name, now);
      const former = formerTunnels(observed, name);
      // Known before any key is.
      refuseTakenPort({ name, port }, now, former, observed.get(WG_INTERFACES));
      const wanted = desired(world);
      const retire = retireSteps(former, observed.get(WG_INTERFACES));
      const moves = movesTo(now, wanted, wanted.peers.filter(isRekeyed(id, world)));
      const lost = now?.addresses.every(isRight(wanted)) === false ? [...former, name] : former;
      const routes = routeMoves(name, wanted.routes, observed, lost);
      if (moves.length + retire.length + routes.length === 0) return null;
      const steps = [
        ...moves.map(move => ({ why: move.why, command: command(IFCONFIG, name, ...move.words) })),
        ...routes,
      ].map((move): Step => ({ label: `${name}: ${move.why}`, command: move.command }));
      const far = wanted.peers
        .filter(peer => peer.endpoint)
        .flatMap(peer => peer.allowedIps.map(ip => ip.split('/')[0] ?? ''));
      if (moves.length > 0 && far.length > 0)
        steps.push({ label: `${name}: starts a handshake with the other end`, command: command(CALL, ...far) });
      const why = [...retire.map(step => step.label), ...[...moves, ...routes].map(move => move.why)].join('; ');
      const all = [...keptRoutes(lost, routes), ...retire, ...steps];
      return change(id, reason(now ? 'interface-differs' : 'interface-missing', why), all, {
        risk: 'lockout',
        cutsConnections: retire.length > 0 || (now !== null && losesAddress(now, wanted)),
      });
    },
  };
}

interface Move {
  readonly why: string;
  readonly words: readonly string[];
}

/** The ifconfig commands that turn `now` into `wanted`: at most one with wg words, then addresses. */
export function movesTo(now: WgInterface | null, wanted: DesiredWg, rekeyed: DesiredWg['peers'] = []): readonly Move[] {
  const wg = wgMoves(now, wanted, rekeyed);
  const has = now?.addresses ?? [];
  const right = isRight(wanted);
  const stale = has.filter(at => !right(at));
  const mtu = wanted.mtu ?? SYSTEM_MTU;
  return [
    // A keepalive set on an interface that is down is lost (if_wg.c), so up comes first where it is down.
    ...(now && !now.up ? [{ why: 'down', words: ['up'] }] : []),
    ...(wg.length === 0 ? [] : [{ why: wg.map(move => move.why).join(', '), words: wg.flatMap(move => move.words) }]),
    ...((now?.mtu ?? SYSTEM_MTU) === mtu ? [] : [{ why: `mtu ${mtu}`, words: ['mtu', String(mtu)] }]),
    ...stale.map(at => ({ why: `stale address ${at.address}`, words: [inetOf(at.address), at.address, 'delete'] })),
    ...(has.some(right) ? [] : [{ why: `no address ${wanted.address}`, words: addressWords(wanted) }]),
  ];
}

const isRight =
  (wanted: DesiredWg) =>
  (at: InterfaceAddress): boolean =>
    at.address === wanted.address && at.prefixLength === wanted.prefixLength;

/** If the address of either end goes, connections over the tunnel end. */
const losesAddress = (now: WgInterface, wanted: DesiredWg): boolean =>
  !now.addresses.every(isRight(wanted)) ||
  now.peers.some(({ publicKey, allowedIps }) => {
    const kept = wanted.peers.find(peer => peer.publicKey === publicKey)?.allowedIps ?? [];
    return allowedIps.some(ip => !kept.includes(ip));
  });

function wgMoves(now: WgInterface | null, wanted: DesiredWg, rekeyed: DesiredWg['peers']): readonly Move[] {
  const peers = now?.peers ?? [];
  const unknown = peers.filter(peer => !wanted.peers.some(desired => desired.publicKey === peer.publicKey));
  return [
    ...(now === null ? [{ why: 'no such interface', words: [] }] : []),
    ...(now?.publicKey === wanted.publicKey ? [] : [{ why: 'key', words: ['wgkey', wanted.keyFile] }]),
    ...(now?.routingTable === undefined ? [] : [{ why: 'routing table 0', words: ['wgrtable', '0'] }]),
    ...(now?.port === wanted.port ? [] : [{ why: `port ${wanted.port}`, words: ['wgport', String(wanted.port)] }]),
    ...unknown.map(peer => ({ why: `stale peer ${peer.publicKey}`, words: ['-wgpeer', peer.publicKey] })),
    ...wanted.peers.flatMap(desired => {
      const peer = peers.find(peer => peer.publicKey === desired.publicKey);
      const why = peerDiffers(peer, desired, rekeyed.includes(desired));
      return why === null ? [] : [{ why, words: peerWords(desired, peer) }];
    }),
  ];
}

function peerDiffers(now: WgPeer | undefined, desired: DesiredWgPeer, rekeyed: boolean): string | null {
  const of = (what: string) => `${what} of peer ${desired.publicKey}`;
  if (!now) return `no peer ${desired.publicKey}`;
  if ([...now.allowedIps].sort().join() !== [...desired.allowedIps].sort().join()) return of('allowed ips');
  if (now.keepaliveSeconds !== desired.keepaliveSeconds) return of('keepalive');
  if (!desired.keepsKey && now.presharedKey !== (desired.presharedKeyFile !== null)) return of('preshared key');
  if (rekeyed) return of('new preshared key');
  if (!desired.endpoint) return null;
  // A name resolves when it is set; its address cannot be distinguished from one that the peer roamed to.
  const literal = /^[0-9.]+$|:/.test(desired.endpoint.host);
  const { host, port } = desired.endpoint;
  const right = literal ? now.endpoint === `${host} ${port}` : now.endpoint?.split(' ')[1] === String(port);
  return right ? null : of('endpoint');
}

/** All of a peer at once: `wgaip` replaces the whole list (if_wg.c). */
const peerWords = (desired: DesiredWgPeer, now: WgPeer | undefined): readonly string[] => [
  'wgpeer',
  desired.publicKey,
  ...sharedWords(desired, now),
  ...(desired.endpoint ? ['wgendpoint', desired.endpoint.host, String(desired.endpoint.port)] : []),
  ...desired.allowedIps.flatMap(ip => ['wgaip', ip]),
  'wgpka',
  String(desired.keepaliveSeconds),
];

const addressWords = (wanted: DesiredWg): readonly string[] => [
  inetOf(wanted.address),
  `${wanted.address}/${wanted.prefixLength}`,
];
