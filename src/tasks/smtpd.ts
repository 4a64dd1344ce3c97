import type { World } from '../engine/resource.ts';
import type { Task } from '../engine/task.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { certificateKey, certificatePath, keyPath } from '../resources/certificate.ts';
import { file } from '../resources/file.ts';
import { service } from '../resources/service.ts';
import { ALIASES, deliveredHere, RECIPIENTS } from './aliases.ts';
import { selfSignedNames } from './certificates.ts';
import { SECRETS } from './credentials.ts';
import { smtpdConf } from './smtpd-conf.ts';
import { LAN_CA, lanCertificates, tunnelCertificates, VPN_CA } from './trust.ts';

const CONF = '/etc/mail/smtpd.conf';

/** OpenSMTPD: takes mail for our domains and passes it on, each hop verified. */
export const smtpd: Task<Host, Fleet> = {
  name: 'smtpd',
  summary: 'smtpd takes mail for our domains and passes it on through the tunnel',
  appliesTo: () => true,
  resources: (host, fleet) => [
    file(CONF, {
      content: world => {
        waitForCertificates(host, fleet, world);
        return smtpdConf(host, fleet);
      },
      mode: '0644',
      owner: 'root',
      group: 'wheel',
      accept: ['smtpd', '-n', '-f'],
    }),
    service('smtpd', { reads: filesOf(host, fleet), listens: listenersOf(host), log: '/var/log/maillog' }),
  ],
};

/** smtpd.conf names files that hold other hosts' certificates; before they are there smtpd -n would refuse it. */
function waitForCertificates(host: Host, fleet: Fleet, world: World): void {
  const neighbours = [
    ...(host.role === 'workstation' ? [] : tunnelCertificates(host, fleet)),
    ...lanCertificates(host, fleet),
  ];
  for (const one of neighbours) world.published(one.host, certificateKey(one.name));
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
