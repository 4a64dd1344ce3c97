import type { Fleet, Host } from '../hosts/fleet.ts';
import { address } from '../resources/address.ts';
import { maildir } from '../resources/maildir.ts';
import { type DesiredPort, ports } from '../resources/port.ts';
import { release } from '../resources/release.ts';
import { user } from '../resources/user.ts';
import { hostnameIfOf } from '../resources/wg-routes.ts';
import type { Task } from '../run/task.ts';
import { ACME_CONF, AUTHORITY } from './acme.ts';
import { CONF } from './in-force.ts';
import { missingAddressRemedy } from './missing-address.ts';
import { isTunnelHost, loginsAt } from './neighbours.ts';
import { mailAddressesOf } from './smtpd.ts';

/** What has to be true before any host is changed; mailtun cannot fix it. */
export const host: Task<Host, Fleet> = {
  name: 'host',
  summary: 'the host runs OpenBSD and has the users and addresses that the inventory names',
  resources: (on, fleet) => [
    release(on.name),
    ...loginsAt(on, fleet).map(login => user(on.name, login)),
    ...loginsAt(on, fleet).map((login, _, all) => maildir(on.name, login, all, fleet.mail.maildir)),
    ...ownAddresses(on).map(own =>
      address(on.name, own.address, own.purpose, has => missingAddressRemedy(on.name, own.address, has)),
    ),
    ...ports(on.name, portsOf(on, fleet)),
  ],
};

function portsOf(on: Host, fleet: Fleet): readonly DesiredPort[] {
  const mail = mailAddressesOf(on, fleet);
  const listening = mail.map(address => [CONF, `listen on ${address} `] as const);
  const { port, interface: wg } = fleet.tunnel;
  const tunnel = [[hostnameIfOf(wg), `wgport ${port}\n`]] as const;
  const isAcme = on.role === 'relay' && on.certificates.kind === 'acme';
  return [
    { protocol: 'tcp', port: 25, purpose: 'smtpd', daemon: 'smtpd', addresses: mail, lines: listening },
    ...(isTunnelHost(on)
      ? [{ protocol: 'udp', port, purpose: `the tunnel (${wg})`, daemon: null, addresses: [], lines: tunnel } as const]
      : []),
    ...(isAcme
      ? [
          {
            protocol: 'tcp',
            port: 80,
            purpose: 'acme-client',
            daemon: 'httpd',
            addresses: [],
            lines: [[ACME_CONF, AUTHORITY]],
          } as const,
        ]
      : []),
  ];
}

function ownAddresses(on: Host): readonly { address: string; purpose: string }[] {
  if (on.role !== 'relay') return on.lan ? [{ address: on.lan.address, purpose: 'lan' }] : [];
  return [
    ...on.mx.map(mx => ({ address: mx.address, purpose: mx.name })),
    ...on.outbound.addresses.map(address => ({ address, purpose: on.outbound.name })),
  ].filter((own, index, all) => all.findIndex(other => other.address === own.address) === index);
}
