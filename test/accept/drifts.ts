/** What may be done to a host by hand, and what mailtun has to say about it: `host resource`, each named exactly. */
import { type Fleet, gatewaysOf, relaysOf, workstationsOf } from '../../src/hosts/fleet.ts';
import { WATCH } from './hosts.ts';

export interface Drift {
  readonly title: string;
  readonly host: string;
  /** A line of sh(1), run as root. */
  readonly line: string;
  readonly named: readonly string[];
  /** Another one, once it is repaired. */
  readonly afterwards?: string;
}

const SENDER = 'WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';

const withoutBlock = (path: string): string => `sed -i '/^# mailtun: begin/,/^# mailtun: end/d' ${path}`;
const withoutCron = (subject: string): string =>
  `crontab -l | sed '/^# mailtun ${subject}: begin/,/^# mailtun ${subject}: end/d' | crontab -`;

export function driftsOf(fleet: Fleet): readonly Drift[] {
  const [relay] = relaysOf(fleet);
  const [gateway] = gatewaysOf(fleet);
  if (!relay || !gateway) throw new Error('an inventory has a relay and a gateway');
  const { interface: wg } = fleet.tunnel;
  const family = gateway.tunnel.address.includes(':') ? 'inet6' : 'inet';
  const certificate = `/etc/ssl/private/${gateway.tunnel.name}`;
  const drift = (host: string, title: string, line: string, ...resources: readonly string[]): Drift => ({
    title,
    host,
    line,
    named: resources.map(resource => (resource.includes(' | ') ? resource.replace(' | ', ' ') : `${host} ${resource}`)),
  });
  const on = (host: string) => drift.bind(null, host);
  const there = (host: string, resource: string): string => `${host} | ${resource}`;
  const [r, g] = [on(relay.name), on(gateway.name)];
  return [
    g('hostname.if edited', `echo '# by hand' >>/etc/hostname.${wg}`, `/etc/hostname.${wg}`),
    r(
      'a stale peer',
      `ifconfig ${wg} wgpeer ${SENDER} wgaip ${family === 'inet6' ? 'fd00::9/128' : '10.255.255.9/32'}`,
      `interface ${wg}`,
    ),
    g('the address gone', `ifconfig ${wg} ${family} ${gateway.tunnel.address} delete`, `interface ${wg}`),
    {
      ...g('the interface destroyed', `${WATCH.ends}; ifconfig ${wg} down; ifconfig ${wg} destroy`, `interface ${wg}`),
      afterwards: WATCH.begins,
    },
    r('smtpd.conf edited', "echo '# by hand' >>/etc/mail/smtpd.conf", '/etc/mail/smtpd.conf', 'service smtpd'),
    g('smtpd stopped', 'rcctl stop smtpd', 'service smtpd'),
    r('smtpd.conf touched', 'touch /etc/mail/smtpd.conf', 'service smtpd'),
    r('secrets open to all', 'chmod 644 /etc/mail/secrets', '/etc/mail/secrets'),
    g(
      'a certificate deleted',
      `rm ${certificate}.ssc`,
      `${certificate}.ssc`,
      'service smtpd',
      there(relay.name, '/etc/ssl/vpnca.pem'),
    ),
    g(
      'a certificate replaced with its key',
      `umask 077; openssl ecparam -name secp384r1 -genkey -noout -out ${certificate}.key && openssl req -x509 -new -key ${certificate}.key -sha256 -days 3650 -subj /CN=${gateway.tunnel.name} -addext subjectAltName=DNS:${gateway.tunnel.name} -out ${certificate}.ssc`,
      'service smtpd',
      there(relay.name, '/etc/ssl/vpnca.pem'),
      there(relay.name, 'service smtpd'),
    ),
    g('the hosts block damaged', `sed -i '/${relay.outbound.name}/d' /etc/hosts`, '/etc/hosts'),
    g('the watch gone from the crontab', withoutCron('tunnel watch'), 'crontab: tunnel watch'),
    g('the start at boot gone from the crontab', withoutCron('smtpd at boot'), 'crontab: smtpd at boot'),
    r('the aliases block gone', withoutBlock('/etc/mail/aliases'), '/etc/mail/aliases', 'service smtpd'),
    ...(fleet.packetFilter.enabled
      ? [
          g('the rules of the anchor flushed', 'pfctl -a mailtun -F rules', 'anchor mailtun'),
          r('other rules loaded than pf.conf has', "echo 'pass' | pfctl -f -", 'anchor mailtun'),
          r(
            'the anchor gone from pf.conf',
            `sed -i '/anchor "mailtun"/d' /etc/pf.conf && pfctl -f /etc/pf.conf`,
            '/etc/pf.conf',
            'anchor mailtun',
          ),
        ]
      : []),
    r('smtpd disabled', 'rcctl disable smtpd', 'service smtpd'),
    ...workstationsOf(fleet, gateway)
      .slice(0, 1)
      .map(station => drift(station.name, 'smtpd killed', 'pkill -xf /usr/sbin/smtpd; sleep 1', 'service smtpd')),
  ];
}
