import { large, reach } from '../facts/ping.ts';
import { hostPrefix, isInRange } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import type { AskedHost, HostFacts } from './host-facts.ts';
import type { TunnelHop } from './path.ts';
import { firstProblem, notAsked, type Problem, problem, unknown, type Verdict, well } from './problem.ts';
import { hasJustBooted, on, provision, provisionAll, span } from './remedies.ts';
import type { End, Tunnel } from './tunnel-ends.ts';
import { noPing } from './tunnel-ping.ts';
import { noAnswer } from './tunnel-silence.ts';

/** The hop through the tunnel. */
export function judgeTunnel(hop: TunnelHop, relay: AskedHost, gateway: AskedHost, fleet: Fleet): Verdict {
  if (!relay.reached || !gateway.reached) return notAsked(relay.reached ? hop.gateway : hop.relay);
  const tunnel: Tunnel = {
    relay: endOf(hop.relay, relay, hop.gateway, gateway),
    gateway: endOf(hop.gateway, gateway, hop.relay, relay),
    fleet,
  };
  const ends = [tunnel.gateway, tunnel.relay] as const;
  const setUp = firstProblem([
    ...ends.map(end => () => notUp(end, fleet)),
    ...ends.map(end => () => wrongPeer(end, otherEnd(tunnel, end), fleet)),
    ...ends.map(end => () => wrongAddress(end, fleet)),
  ]);
  if (setUp) return { kind: 'broken', problem: setUp };
  const found = firstProblem([() => noAnswer(tunnel), () => noPing(tunnel), () => tooLarge(tunnel)]);
  const young = ends.find(({ facts }) => hasJustBooted(facts));
  // A rule that blocks is not due to a boot.
  if (found && young && found.code !== 'tunnel-filtered-by-pf')
    return unknown(`it is starting: ${young.host.name} booted ${span(young.facts.upSeconds ?? 0)} ago`);
  if (found) return { kind: 'broken', problem: found };
  const { relay: r, gateway: g } = tunnel;
  if (!g.ping || !r.ping) return unknown('ping could not be run on both ends');
  const age = g.peerAfter?.handshakeAgeSeconds ?? null;
  return well(age === null ? 'answers in both directions' : `handshake ${span(age)} ago, answers in both directions`);
}

const otherEnd = (tunnel: Tunnel, end: End): End => (end === tunnel.gateway ? tunnel.relay : tunnel.gateway);

function endOf<H extends TunnelHost>(host: H, facts: HostFacts, far: TunnelHost, farFacts: HostFacts): End<H> {
  const key = farFacts.wg?.publicKey ?? null;
  const peerIn = (wg: HostFacts['wg']) => wg?.peers.find(peer => peer.publicKey === key);
  const reached = facts.said(reach(far.tunnel.address));
  return {
    host,
    facts,
    far,
    peer: peerIn(facts.wg),
    peerAfter: peerIn(facts.wgAfter),
    ping: reached?.ping ?? null,
    largePing: facts.said(large(far.tunnel.address)),
    silent: reached?.silent ?? false,
  };
}

function notUp({ host, facts }: End, fleet: Fleet): Problem | null {
  const name = fleet.tunnel.interface;
  const remedy = provision(fleet, host, 'wireguard');
  if (facts.wg === null)
    return problem(host, 'tunnel-interface-missing', {
      what: `${name} is missing on ${host.name}`,
      evidence: `ifconfig ${name}: no such interface`,
      remedy,
    });
  if (facts.wg.publicKey === null)
    return problem(host, 'tunnel-key-missing', {
      what: `${name} on ${host.name} has no key`,
      evidence: 'no wgpubkey line',
      remedy,
    });
  if (!facts.wg.up)
    return problem(host, 'tunnel-interface-down', {
      what: `${name} is down on ${host.name}`,
      evidence: 'its flags do not contain UP',
      remedy: on(host, `ifconfig ${name} up`),
    });
  return null;
}

function wrongPeer(end: End, other: End, fleet: Fleet): Problem | null {
  const { host, far, peer, facts } = end;
  const remedy = provision(fleet, host, 'wireguard');
  const wanted = hostPrefix(far.tunnel.address);
  const key = other.facts.wg?.publicKey ?? '';
  if (!peer) {
    const instead = facts.wg?.peers.find(one => one.allowedIps.includes(wanted));
    return instead
      ? problem(host, 'tunnel-peer-key-wrong', {
          what: `${host.name} has a wrong key for ${far.name}`,
          evidence: `it expects ${instead.publicKey}, ${far.name} has ${key}`,
          remedy,
        })
      : problem(host, 'tunnel-peer-missing', {
          what: `${host.name} does not have ${far.name} as a peer`,
          evidence: `no wgpeer ${key}`,
          remedy,
        });
  }
  if (!peer.allowedIps.some(range => isInRange(far.tunnel.address, range))) {
    const has = peer.allowedIps.length > 0 ? peer.allowedIps.join(', ') : 'none';
    return problem(host, 'tunnel-allowed-ips-wrong', {
      what: `wrong allowed-ips for ${far.name} on ${host.name}`,
      evidence: `it has ${has}; it should be ${wanted}`,
      remedy,
    });
  }
  if (other.peer && peer.presharedKey !== other.peer.presharedKey) {
    const [has, lacks] = peer.presharedKey ? [host, far] : [far, host];
    return problem(lacks, 'tunnel-preshared-key-missing', {
      what: `${lacks.name} has no preshared key for ${has.name}`,
      evidence: `${has.name} has one for it`,
      remedy: provisionAll(fleet),
    });
  }
  return null;
}

function wrongAddress({ host, facts }: End, fleet: Fleet): Problem | null {
  const at = facts.wg?.addresses.find(one => one.address === host.tunnel.address);
  if (at && !(at.tentative && !facts.smtpd.running)) return null;
  const dead = facts.smtpd.running ? '' : ', so smtpd exited';
  const { address } = host.tunnel;
  return at
    ? problem(host, 'tunnel-address-tentative', {
        what: `${address} is still tentative on ${host.name}${dead}`,
        evidence: `inet6 ${address} tentative`,
        remedy: on(host, 'rcctl restart smtpd'),
      })
    : problem(host, 'tunnel-address-missing', {
        what: `${address} is missing on ${host.name}${dead}`,
        evidence: `ifconfig ${fleet.tunnel.interface} does not show it`,
        remedy: provision(fleet, host),
      });
}

/** Small packets pass and large ones do not: the path has a smaller MTU than the tunnel assumes. */
function tooLarge({ gateway, relay, fleet }: Tunnel): Problem | null {
  const lost = (end: End): boolean => end.ping?.received !== 0 && end.largePing?.received === 0;
  const end = [gateway, relay].find(lost);
  if (!end) return null;
  const mtu = end.facts.wg?.mtu ?? 0;
  return problem(gateway.host, 'tunnel-mtu-too-large', {
    what: `the MTU of the tunnel is too large for the path between ${gateway.host.name} and ${relay.host.name}`,
    evidence: `packets of ${mtu} bytes from ${end.host.name} are lost, smaller ones arrive`,
    remedy: `set tunnel.mtu to 1280 in ${fleet.path}, then: mailtun provision ${fleet.path}; or find the filter that drops ICMP "too big"`,
  });
}
