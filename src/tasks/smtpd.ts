import type { Task } from '../engine/task.ts';
import { type Fleet, gatewaysOf, type Host } from '../hosts/fleet.ts';
import { certificateKey, certificatePath, keyPath } from '../resources/certificate.ts';
import { file, type Need } from '../resources/file.ts';
import { service } from '../resources/service.ts';
import { ALIASES, deliveredHere, RECIPIENTS } from './aliases.ts';
import { selfSignedNames } from './certificates.ts';
import { HASH, SECRETS } from './credentials.ts';
import { smtpdConf } from './smtpd-conf.ts';
import { LAN_CA, lanCertificates, tunnelCertificates, type Vouched, VPN_CA } from './trust.ts';

const CONF = '/etc/mail/smtpd.conf';

/** OpenSMTPD: takes mail for our domains and passes it on, each hop verified. */
export const smtpd: Task<Host, Fleet> = {
  name: 'smtpd',
  summary: 'smtpd takes mail for our domains and passes it on through the tunnel',
  appliesTo: () => true,
  resources: (host, fleet) => [
    file(CONF, {
      content: () => smtpdConf(host, fleet),
      needs: needsOf(host, fleet),
      mode: '0644',
      owner: 'root',
      group: 'wheel',
      accept: ['smtpd', '-n', '-f'],
    }),
    service('smtpd', { reads: filesOf(host, fleet), listens: listenersOf(host), log: '/var/log/maillog' }),
  ],
};

/** smtpd -n refuses a configuration whose files are not there, so those made of other hosts' parts come first. */
function needsOf(host: Host, fleet: Fleet): readonly Need[] {
  const vouched = (of: readonly Vouched[]) => of.map(one => ({ host: one.host, key: certificateKey(one.name) }));
  const lan = { path: LAN_CA, from: vouched(lanCertificates(host, fleet)) };
  if (host.role === 'workstation') return [lan];
  const hashes = host.role === 'relay' ? gatewaysOf(fleet).map(peer => ({ host: peer.name, key: HASH })) : [];
  return [{ path: VPN_CA, from: vouched(tunnelCertificates(host, fleet)) }, lan, { path: SECRETS, from: hashes }];
}

/** Everything smtpd reads when it starts. */
function filesOf(host: Host, fleet: Fleet): readonly string[] {
  return [
    CONF,
    ALIASES,
    ...(deliveredHere(host, fleet).length > 0 ? [RECIPIENTS] : []),
    ...(host.role === 'workstation' ? [] : [SECRETS, VPN_CA]),
    ...(lanCertificates(host, fleet).length > 0 ? [LAN_CA] : []),
    ...selfSignedNames(host, fleet).flatMap(name => [certificatePath(name), keyPath(name)]),
  ];
}

const SMTP = 25;

function listenersOf(host: Host): readonly { address: string; port: number }[] {
  const tunnel = host.role === 'workstation' ? [] : [host.tunnel.address];
  const open = host.role === 'relay' ? host.mx.map(mx => mx.address) : host.lan ? [host.lan.address] : [];
  return [...tunnel, ...open].map(address => ({ address, port: SMTP }));
}
