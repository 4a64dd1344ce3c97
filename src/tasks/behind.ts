/** What else may go through the tunnel, to the gateway and to who is behind it. Pure. */
import { type Family, familyOf } from '../hosts/addresses.ts';
import type { Pass } from '../hosts/filters.ts';
import { type Fleet, type Gateway, gatewaysOf, type Relay, relaysOf } from '../hosts/fleet.ts';
import type { TunnelHost } from './neighbours.ts';

/** `ADDRESS/LENGTH` of those behind the gateway with whom the relay may speak, each once. */
export const behindOf = (relay: Relay, gateway: Gateway, fleet: Fleet): readonly string[] => [
  ...new Set(
    fleet.packetFilter.pass
      .filter(pass => pass.relay === relay.name && pass.gateway === gateway.name)
      .flatMap(({ behind }) => behind ?? []),
  ),
];

/** Families whose packets a gateway has to forward for them. */
export const forwardedFamilies = (gateway: Gateway, fleet: Fleet): readonly Family[] =>
  [
    ...new Set(
      relaysOf(fleet)
        .flatMap(relay => behindOf(relay, gateway, fleet))
        .flatMap(prefix => familyOf(prefix.split('/')[0] ?? '') ?? []),
    ),
  ].toSorted();

/** What the inventory lets pass besides, in the anchors of both ends; a rule for each port, as pfctl(8) prints them. */
export const passElse = (wg: string, host: TunnelHost, peer: TunnelHost, fleet: Fleet): readonly string[] =>
  fleet.packetFilter.pass.flatMap(pass => {
    const [relay, gateway] = [relaysOf(fleet), gatewaysOf(fleet)].map(hosts =>
      hosts.find(({ name }) => [host.name, peer.name].includes(name)),
    );
    if (relay?.name !== pass.relay || gateway?.name !== pass.gateway) return [];
    const home = pass.behind?.replace(/\/(32|128)$/, '') ?? gateway.tunnel.address;
    const [from, to] = pass.begins === 'relay' ? [relay.tunnel.address, home] : [home, relay.tunnel.address];
    const matches = pass.ports.map(
      port =>
        `${familyOf(from.split('/')[0] ?? '') === 4 ? 'inet' : 'inet6'} proto ${pass.proto} from ${from} to ${to} port ${port}`,
    );
    return matches.flatMap(match => rulesOf(wg, match, pass, host));
  });

/**
 * pf(4) sees a forwarded packet twice, on its way in and on its way out. Who is behind the gateway sees the gateway's own
 * LAN address: its default route may lead elsewhere, and an answer to the relay with it.
 */
function rulesOf(wg: string, match: string, { begins, behind }: Pass, host: TunnelHost): readonly string[] {
  const isOurs = (begins === 'relay') === (host.role === 'relay');
  const through = `pass ${isOurs ? 'out' : 'in'} quick on ${wg} ${match}`;
  if (behind === null || host.role === 'relay') return [through];
  if (isOurs) return [`pass in quick on ! ${wg} ${match}`, through];
  return [through, `pass out quick on ! ${wg} ${match} nat-to ${host.lan?.address}`];
}
