/** Why nothing comes back through a tunnel whose two ends are set up as they should be. Pure. */

import { listensOnUdp } from '../facts/netstat.ts';
import { smtpSession } from '../facts/smtp-session.ts';
import { type Wire, wireTo } from '../facts/tcpdump.ts';
import { familyOf } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { clockProblems } from './clock.ts';
import type { HostFacts } from './host-facts.ts';
import { hopsOf } from './path.ts';
import { type Problem, problem, type Remedy } from './problem.ts';
import { on, ping, provision, provisionAll, span, tracing } from './remedies.ts';
import { type End, STALE_SECONDS, sentTo, type Tunnel } from './tunnel-ends.ts';
import { stoppedByPf } from './tunnel-pf.ts';

/** A handshake of at most this age shows that packets pass, where nothing else does: a keepalive comes every 15 s. */
const SURE_SECONDS = 30;

/** Whether a ping from there was answered. */
export const answered = ({ ping }: End): boolean => (ping?.received ?? 0) > 0;

/** The outer packets do not pass: the gateway is silent, or what it sends is lost, refused or not answered. */
export function noAnswer(tunnel: Tunnel): Problem | null {
  const { gateway, relay } = tunnel;
  // What pf stops is not sent either, and no ping would wake it.
  if (gateway.silent) return stoppedByPf(tunnel, null) ?? silent(tunnel);
  if (!gateway.ping || answered(gateway) || answered(relay) || outerPacketsPass(tunnel)) return null;
  // tcpdump(8) prints addresses, and the endpoint of the inventory may be a name.
  const wire = triedOutside(tunnel)?.packets(sentTo(tunnel)) ?? null;
  return clocksDiffer(tunnel) ?? misdirected(tunnel) ?? stoppedByPf(tunnel, wire) ?? lost(tunnel, wire);
}

function silent({ gateway, relay, fleet }: Tunnel): Problem {
  const { interface: name } = fleet.tunnel;
  return problem(gateway.host, 'tunnel-never-used', {
    what: `${gateway.host.name} has sent nothing through the tunnel since boot`,
    evidence: `tx: 0, rx: 0 on ${name}, booted ${span(gateway.facts.upSeconds ?? 0)} ago; ${relay.host.name} cannot start a handshake`,
    remedy: on(gateway.host, ping(relay.host.tunnel.address)),
  });
}

/** Mail passes, or bytes arrived while the hosts were asked; where that is unknown, a very recent handshake shows it. */
function outerPacketsPass(tunnel: Tunnel): boolean {
  if (mailPasses(tunnel)) return true;
  return [tunnel.gateway, tunnel.relay].some(({ peer, peerAfter, facts }) => {
    const age = peerAfter?.handshakeAgeSeconds ?? null;
    if (age === null || age > STALE_SECONDS) return false;
    if (facts.wg === facts.wgAfter) return age <= SURE_SECONDS;
    return (peerAfter?.rx ?? 0) > (peer?.rx ?? 0);
  });
}

/** A clock that stepped back makes a handshake look like a replay. */
function clocksDiffer({ gateway, relay }: Tunnel): Problem | null {
  const clocks = [gateway, relay].map(({ host, facts }) => ({ host, ahead: facts.clockAheadSeconds }));
  return clockProblems(clocks)[0] ?? null;
}

function misdirected({ gateway, relay, fleet }: Tunnel): Problem | null {
  const { interface: name, port } = fleet.tunnel;
  const remedy = provisionAll(fleet);
  const { endpoint } = relay.host;
  const now = gateway.peer?.endpoint ?? null;
  if (now === null)
    return problem(gateway.host, 'tunnel-endpoint-missing', {
      what: `${gateway.host.name} has no endpoint for ${relay.host.name}`,
      evidence: 'no wgendpoint line',
      remedy,
    });
  if (familyOf(endpoint) !== null && now !== `${endpoint} ${port}`)
    return problem(gateway.host, 'tunnel-endpoint-wrong', {
      what: `${gateway.host.name} sends to a wrong endpoint`,
      evidence: `wgendpoint ${now}; it should be ${endpoint} ${port}`,
      remedy,
    });
  const listening = relay.facts.wg?.port ?? null;
  if (listening !== port)
    return problem(relay.host, 'tunnel-port-wrong', {
      what: `${name} on ${relay.host.name} listens on a wrong port`,
      evidence: `wgport ${listening ?? 'none'}; it should be ${port}`,
      remedy,
    });
  const { listeners } = relay.facts.smtpd;
  if (listeners.length > 0 && !listensOnUdp(listeners, port))
    return problem(relay.host, 'tunnel-not-listening', {
      what: `nothing listens on UDP ${port} of ${relay.host.name}`,
      evidence: `netstat -ln shows no *.${port}`,
      remedy: on(relay.host, `sh /etc/netstart ${name}`),
    });
  return null;
}

const triedOutside = ({ gateway, relay }: Tunnel) => gateway.facts.said(wireTo(relay.host.endpoint));

function lost(tunnel: Tunnel, wire: Wire | null): Problem {
  const { gateway, relay, fleet } = tunnel;
  const { port } = fleet.tunnel;
  const { endpoint } = relay.host;
  const sent = `${gateway.host.name} sent ${gateway.peerAfter?.tx ?? 0} bytes to ${endpoint} ${port} and got ${handshakeText(tunnel)}`;
  if (wire && wire.refusal !== null)
    return problem(relay.host, 'tunnel-port-refused', {
      what: `UDP ${port} is refused by ${relay.host.name}`,
      evidence: `${sent}; tcpdump shows: ${wire.refusal}`,
      remedy: refusedRemedy(relay.facts, fleet),
    });
  const heard =
    relay.peerAfter?.endpoint !== null && (relay.peerAfter?.rx ?? 0) > 0 && (gateway.peerAfter?.rx ?? 0) === 0;
  if (heard)
    return problem(gateway.host, 'tunnel-answers-lost', {
      what: `packets of ${relay.host.name} do not reach ${gateway.host.name}`,
      evidence: `${relay.host.name} has received ${relay.peerAfter?.rx} bytes; ${sent}`,
      remedy: `allow UDP in from ${endpoint} port ${port}: pfctl -sr on ${gateway.host.name}, then the router in front of it`,
    });
  if (wire?.sent === 0 && wire.received === 0)
    return problem(gateway.host, 'tunnel-not-let-out', {
      what: `no packet of the tunnel leaves ${gateway.host.name}`,
      evidence: `${sent}; ${wireText(wire)}`,
      remedy: `allow UDP out to ${endpoint} port ${port}: pfctl -sr and route -n get ${endpoint} on ${gateway.host.name}`,
    });
  const none = triedOutside(tunnel)?.ping?.received === 0;
  return problem(gateway.host, none ? 'tunnel-relay-unreachable' : 'tunnel-no-handshake', {
    what: none
      ? `${relay.host.name} cannot be reached from ${gateway.host.name}`
      : `UDP ${port} is filtered between ${gateway.host.name} and ${relay.host.name}`,
    evidence: `${sent}; ${wireText(wire)}${none ? `; ${endpoint} does not answer a ping either` : ''}`,
    remedy: none
      ? on(gateway.host, tracing(endpoint))
      : `allow UDP ${port}: pfctl -sr on both, the firewall of ${relay.host.name}'s provider, the router in front of ${gateway.host.name}`,
  });
}

/** Refused means that the packet arrived: wg0 is down or has another port, or a pf rule returns it. */
const refusedRemedy = (relay: HostFacts, fleet: Fleet): Remedy =>
  relay.plan.changes.some(({ task }) => task === 'packet-filter' || task === 'wireguard')
    ? provision(fleet, relay.host)
    : `allow UDP ${fleet.tunnel.port} in: pfctl -sr and ifconfig ${fleet.tunnel.interface} on ${relay.host.name}`;

function handshakeText({ gateway }: Tunnel): string {
  const age = gateway.peerAfter?.handshakeAgeSeconds ?? null;
  return age === null ? 'no handshake' : `no answer; the last handshake was ${span(age)} ago`;
}

const wireText = (wire: Wire | null): string => {
  if (wire === null) return 'the wire was not checked';
  return `tcpdump shows ${plural(wire.sent, 'packet')} out and ${wire.received === 0 ? 'none' : wire.received} back`;
};

/** Whether any SMTP connection through the tunnel was established; null where none was tried. */
export function mailPasses({ gateway, relay, fleet }: Tunnel): boolean | null {
  const sessions = hopsOf(fleet).flatMap(hop => {
    if (hop.kind !== 'smtp' || hop.tunnel?.relay !== relay.host || hop.tunnel.gateway !== gateway.host) return [];
    const end = hop.from === relay.host ? relay : gateway;
    return end.facts.said(smtpSession(hop)) ?? [];
  });
  return sessions.length === 0
    ? null
    : sessions.some(session => session.tls.connected || session.tls.complaint === 'Connection refused');
}
