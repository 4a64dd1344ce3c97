import { pemCertificates, readCertificate } from '../facts/certificate-text.ts';
import { type Fleet, gatewaysOf, type Host, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import { certificateKey } from '../resources/certificate.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { type Observed, type Published, type Resource, textOf, type World } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { needsTls, type View } from './hops.ts';
import { gatewayOf, isTunnelHost, presentOf } from './neighbours.ts';
import { presentedBy } from './presented.ts';
import { nothingShown, type Shown, shownKey } from './shown-certificates.ts';

/** Certificates that smtpd trusts on the tunnel, and in the LAN. */
export const VPN_CA = '/etc/ssl/vpnca.pem';
/** The certificates of the neighbours in the LAN. */
export const LAN_CA = '/etc/ssl/lanca.pem';

/**
 * Trust by smtpd's own `ca` files, which pin the neighbours' certificates; /etc/ssl/cert.pem stays as the release
 * ships it.
 */
export const trust: Task<Host, View> = {
  name: 'trust',
  summary: 'smtpd trusts exactly the certificates of its neighbours',
  resources: (host, fleet) => {
    if (!needsTls(fleet)) return [];
    const [vpn, lan] = [isTunnelHost(host) ? tunnelCertificates(host, fleet) : [], lanCertificates(host, fleet)];
    return [
      ...(vpn.length > 0
        ? [
            {
              ...bundle(VPN_CA, world => tunnelCertificates(host, fleet, presentedBy(world, fleet))),
              recall: (observed: Observed) => tunnelPartsIn(textOf(observed, VPN_CA), fleet, vpn),
            },
          ]
        : []),
      ...(lan.length > 0
        ? [
            {
              ...bundle(LAN_CA, () => lan),
              recall: (observed: Observed) => certificatesIn(textOf(observed, LAN_CA), lan),
            },
          ]
        : []),
    ];
  },
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

/** The certificates that a host has to know in the LAN. */
export function lanCertificates(host: Host, fleet: Fleet): readonly Vouched[] {
  if (host.role === 'gateway')
    return workstationsOf(fleet, host).map(peer => ({ host: peer.name, name: peer.lan.name }));
  if (host.role === 'relay') return [];
  const gateway = gatewayOf(host, fleet);
  return gateway.lan ? [{ host: gateway.name, name: gateway.lan.name }] : [];
}

const bundle = (path: string, vouched: (world: World) => readonly Vouched[]): Resource =>
  file(path, {
    content: world => {
      const present = presentOf(vouched(world), one => world.lacks(one.host, certificateKey(one.name)));
      return [MARKED, ...present.map(one => `# ${one.name}\n${pem(world, one)}`)].join('\n');
    },
    ...ofRoot('0644'),
    accept: ['openssl', 'x509', '-noout', '-in'],
    sameAs: (existing, wanted) => blocksOf(existing).join('\n') === blocksOf(wanted).join('\n'),
  });

const pem = (world: World, one: Vouched): string => world.published(one.host, certificateKey(one.name));

/** The certificates of a bundle, in an order that does not depend on that of the file. */
const blocksOf = (text: string): readonly string[] => pemCertificates(text).toSorted();

/** Whose certificates a bundle has, by the names in them. */
function certificatesIn(text: string, all: readonly Vouched[]): Published {
  const found = new Map<string, Readonly<Record<string, string>>>();
  // Each is parsed once, not for every name: a gateway knows as many as it has workstations.
  const blocks = blocksOf(text).map(block => ({ block, facts: readCertificate(block) }));
  for (const { host, name } of all) {
    const block = blocks.find(({ facts }) => facts?.names(name))?.block;
    if (block !== undefined) found.set(host, { ...found.get(host), [certificateKey(name)]: `${block}\n` });
  }
  return found;
}

/** Adds whether a relay presents a vouched certificate: then its self-signed one is not in the bundle. */
function tunnelPartsIn(text: string, fleet: Fleet, all: readonly Vouched[]): Published {
  const found = new Map(certificatesIn(text, all));
  for (const { name: relay, outbound } of relaysOf(fleet)) {
    const known = found.get(relay);
    if (!known) continue;
    const shown = known[certificateKey(outbound.name)] === undefined ? 'vouched' : 'self-signed';
    found.set(relay, { ...known, [shownKey(outbound.name)]: shown });
  }
  return found;
}
