/** Other traffic through the tunnel, to the gateway and to machines behind it. Pure. */
import { inetOf } from '../facts/address-family.ts';
import { type Family, familyOf } from '../hosts/addresses.ts';
import { type Fleet, type Gateway, gatewaysOf, type Relay, relaysOf } from '../hosts/fleet.ts';
import type { Pass } from '../hosts/inventory/pass-ends.ts';
import type { TunnelHost } from './neighbours.ts';

/** `ADDRESS/LENGTH` of the machines behind the gateway that the relay may communicate with, each once. */
export const behindOf = (relay: Relay, gateway: Gateway, fleet: Fleet): readonly string[] => [
  ...new Set(
    fleet.packetFilter.pass
      .filter(pass => pass.relay === relay.name && pass.gateway === gateway.name)
      .flatMap(({ behind }) => behind ?? []),
  ),
];

/** Of those, what a packet can be sent to from the relay's address in the tunnel: a change of its family may be held back. */
export const routedBehind = (relay: Relay, gateway: Gateway, fleet: Fleet): readonly string[] =>
  behindOf(relay, gateway, fleet).filter(prefix =>
    [prefix, gateway.tunnel.address].every(one => inetOf(one) === inetOf(relay.tunnel.address)),
  );

/** Families whose packets a gateway has to forward for them. */
export const forwardedFamilies = (gateway: Gateway, fleet: Fleet): readonly Family[] =>
  [
    ...new Set(
      relaysOf(fleet)
        .flatMap(relay => behindOf(relay, gateway, fleet))
        .flatMap(prefix => familyOf(prefix.split('/')[0] ?? '') ?? []),
    ),
  ].toSorted();

/** The rules for packet_filter.pass in the anchors of both ends; one for each port, as pfctl(8) prints them. */
export const passElse = (wg: string, host: TunnelHost, peer: TunnelHost, fleet: Fleet): readonly string[] =>
  fleet.packetFilter.pass.flatMap(pass => {
    const [relay, gateway] = [relaysOf(fleet), gatewaysOf(fleet)].map(hosts =>
      hosts.find(({ name }) => [host.name, peer.name].includes(name)),
    );
    if (relay?.name !== pass.relay || gateway?.name !== pass.gateway) return [];
    const home = pass.behind?.replace(/\/(32|128)$/, '') ?? gateway.tunnel.address;
    // A change of the tunnel's family may be held back.
    if (inetOf(home) !== inetOf(relay.tunnel.address)) return [];
    const [from, to] = pass.begins === 'relay' ? [relay.tunnel.address, home] : [home, relay.tunnel.address];
    const matches = pass.ports.map(port => `${inetOf(from)} proto ${pass.proto} from ${from} to ${to} port ${port}`);
    return matches.flatMap(match => rulesOf(wg, match, pass, host));
  });

/**
 * pf(4) filters a forwarded packet twice, on its way in and on its way out. A machine behind the gateway sees the gateway's LAN
 * address as the source: its own default route may lead elsewhere, and answers to the relay would take it.
 */
function rulesOf(wg: string, match: string, { begins, behind }: Pass, host: TunnelHost): readonly string[] {
  const isOurs = (begins === 'relay') === (host.role === 'relay');
  const through = `pass ${isOurs ? 'out' : 'in'} quick on ${wg} ${match}`;
  if (behind === null || host.role === 'relay') return [through];
  if (isOurs) return [`pass in quick on ! ${wg} ${match}`, through];
  return [through, `pass out quick on ! ${wg} ${match} nat-to ${host.lan?.address}`];
}
