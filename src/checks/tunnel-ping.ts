/** Why pings are not answered in a tunnel whose handshakes work. Pure. */
import { inetOf } from '../facts/address-family.ts';
import type { Packet } from '../facts/pf-rules.ts';
import { namesOf, pfRemedy } from './pf-remedies.ts';
import { type Problem, problem } from './problem.ts';
import { span } from './remedies.ts';
import type { Tunnel } from './tunnel-ends.ts';
import { answered, mailPasses } from './tunnel-silence.ts';

/** Handshakes work, but echo requests are not answered inside the tunnel. */
export function noPing(tunnel: Tunnel): Problem | null {
  const { gateway, relay, fleet } = tunnel;
  if (!gateway.ping || !relay.ping || (answered(gateway) && answered(relay))) return null;
  const { interface: name } = fleet.tunnel;
  const mail = mailPasses(tunnel);
  const age = gateway.peerAfter?.handshakeAgeSeconds ?? relay.peerAfter?.handshakeAgeSeconds ?? null;
  const passes = age === null ? 'packets pass' : `the handshake is ${span(age)} old`;
  const blocked = answered(gateway) ? gateway : answered(relay) ? relay : gateway;
  const both = !answered(gateway) && !answered(relay);
  const far = blocked === gateway ? relay : gateway;
  const who = both ? `${gateway.host.name} or ${relay.host.name}` : blocked.host.name;
  const icmp = inetOf(blocked.host.tunnel.address) === 'inet6' ? 'icmp6' : 'icmp';
  const echo: Packet = {
    direction: 'in',
    protocol: icmp,
    address: blocked.host.tunnel.address,
    port: 0,
    on: namesOf(blocked.facts, name),
    from: far.host.tunnel.address,
  };
  const remedy =
    pfRemedy(blocked.facts, echo, fleet) ??
    `allow ${icmp} in on ${name}: pfctl -sr and pfctl -a mailtun -sr on ${blocked.host.name}`;
  if (both && mail === false)
    return problem(gateway.host, 'tunnel-nothing-passes', {
      what: `nothing passes ${name} between ${gateway.host.name} and ${relay.host.name} although there is a handshake`,
      evidence: `${passes}; neither pings nor port 25 are answered`,
      remedy,
    });
  const port25 = mail ? '; port 25 answers' : '';
  return problem(blocked.host, 'tunnel-ping-blocked', {
    what: `ICMP is blocked on ${name} of ${who}`,
    evidence: `${passes}, but ${both ? 'neither end answers' : `${blocked.host.name} does not answer ${far.host.name}'s`} pings${port25}`,
    remedy,
  });
}
