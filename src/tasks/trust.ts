import type { World } from '../engine/resource.ts';
import type { Task } from '../engine/task.ts';
import { type Fleet, gatewaysOf, type Host, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import { certificateKey } from '../resources/certificate.ts';
import { file, marked } from '../resources/file.ts';
import { gatewayOf, isTunnelHost } from './neighbours.ts';
import { nothingShown, type Shown, shownIn } from './shown-certificates.ts';

/** Certificates that smtpd trusts on the tunnel, and in the LAN. */
export const VPN_CA = '/etc/ssl/vpnca.pem';
export const LAN_CA = '/etc/ssl/lanca.pem';

/**
 * Trust by smtpd's own `ca` files, which pin the neighbours' certificates; /etc/ssl/cert.pem stays as the release
 * ships it (facts 6).
 */
export const trust: Task<Host, Fleet> = {
  name: 'trust',
  summary: 'smtpd trusts exactly the certificates of its neighbours',
  appliesTo: (_, fleet) => fleet.mail.tls,
  resources: (host, fleet) => [
    ...(isTunnelHost(host) ? [bundle(VPN_CA, world => tunnelCertificates(host, fleet, shownIn(world)))] : []),
    ...(lanCertificates(host, fleet).length > 0 ? [bundle(LAN_CA, () => lanCertificates(host, fleet))] : []),
  ],
};

/** A certificate by the host that published it. */
export interface Vouched {
  readonly host: string;
  readonly name: string;
}

/** @param shown a relay's outbound name is trusted by the system's authorities where it shows their certificate. */
export function tunnelCertificates(host: Host, fleet: Fleet, shown: Shown = nothingShown): readonly Vouched[] {
  if (host.role === 'relay') return gatewaysOf(fleet).map(peer => ({ host: peer.name, name: peer.tunnel.name }));
  return relaysOf(fleet).flatMap(peer => [
    { host: peer.name, name: peer.tunnel.name },
    ...(shown(peer, peer.outbound.name) ? [] : [{ host: peer.name, name: peer.outbound.name }]),
  ]);
}

export function lanCertificates(host: Host, fleet: Fleet): readonly Vouched[] {
  if (host.role === 'gateway')
    return workstationsOf(fleet, host).map(peer => ({ host: peer.name, name: peer.lan.name }));
  if (host.role === 'relay') return [];
  const gateway = gatewayOf(host, fleet);
  return gateway.lan ? [{ host: gateway.name, name: gateway.lan.name }] : [];
}

const bundle = (path: string, vouched: (world: World) => readonly Vouched[]) =>
  file(path, {
    content: world => [marked(), ...vouched(world).map(one => `# ${one.name}\n${pem(world, one)}`)].join('\n'),
    mode: '0644',
    owner: 'root',
    group: 'wheel',
    accept: ['openssl', 'x509', '-noout', '-in'],
    sameAs: (existing, wanted) => blocksOf(existing) === blocksOf(wanted),
  });

const pem = (world: World, one: Vouched): string => world.published(one.host, certificateKey(one.name));

/** The certificates of a bundle, whatever stands between them. */
const blocksOf = (text: string): string =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).sort().join('\n');
