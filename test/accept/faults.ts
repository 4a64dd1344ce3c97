/** What may be broken on any hosts with what OpenBSD's base has, and what doctor has to call it. */
import { type Fleet, type Gateway, gatewaysOf, type Relay, relaysOf, workstationsOf } from '../../src/hosts/fleet.ts';
import { WATCH } from './hosts.ts';

/** A host's name and a line of sh(1) that is run there as root. */
export type Deed = readonly [host: string, line: string];

export interface Fault {
  readonly title: string;
  readonly make: readonly Deed[];
  readonly repair: readonly Deed[];
  /** Codes of which the first broken thing has to have one. */
  readonly codes: readonly string[];
}

/** What no host can do to itself. */
export const NOT_THESE: readonly string[] = [
  'a path between relay and gateway that loses large packets, or all of UDP: no host can make it',
  'a gateway that booted so fast that its tunnel stays silent: only a boot can show it',
];

const KEPT = '/var/tmp/mailtun-accept';
const OTHER_KEY = 'WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';
const RESTART = 'rcctl restart smtpd >/dev/null';

const edited = (path: string, how: string): string =>
  `mkdir -p ${KEPT} && cp -p ${path} ${KEPT}/edited && { ${how}; } <${KEPT}/edited >${path}`;
const unedited = (path: string): string => `cp -p ${KEPT}/edited ${path}`;

const keys = (name: string): string => `/etc/ssl/private/${name}`;
const keep = (name: string): string => `mkdir -p -m 700 ${KEPT} && cp -p ${keys(name)}.* ${KEPT}/ && umask 077`;
const restored = (name: string): string => `cp -p ${KEPT}/${name}.* /etc/ssl/private/ && ${RESTART}`;
const another = (name: string): string =>
  `${keep(name)} && openssl ecparam -name secp384r1 -genkey -noout -out ${keys(name)}.key && ` +
  `openssl req -x509 -new -key ${keys(name)}.key -sha256 -days 90 -subj /CN=${name} -addext subjectAltName=DNS:${name} -out ${keys(name)}.ssc && ${RESTART}`;

// The only program of base that makes a certificate of the past.
const expired = (
  name: string,
): string => `${keep(name)}; d=${KEPT}/ca; rm -rf $d; mkdir $d; : >$d/index; echo 01 >$d/serial
print '[ca]\\ndefault_ca=d\\n[d]\\ndatabase='$d'/index\\nnew_certs_dir='$d'\\nserial='$d'/serial\\npolicy=p\\ndefault_md=sha256\\nx509_extensions=e\\n[p]\\ncommonName=supplied\\n[e]\\nsubjectAltName=DNS:${name}\\n[req]\\ndistinguished_name=n\\n[n]' >$d/conf
openssl req -new -batch -config $d/conf -subj /CN=${name} -key ${keys(name)}.key -out $d/csr &&
openssl ca -config $d/conf -selfsign -batch -notext -keyfile ${keys(name)}.key -startdate 250101000000Z -enddate 250201000000Z -in $d/csr -out $d/cert &&
cat $d/cert >${keys(name)}.ssc && ${RESTART}`;

const wrongKey = (wg: string, far: string, endpoint: string): string =>
  `old=$(ifconfig ${wg} | sed -n 's/.*wgpeer //p') && ifconfig ${wg} -wgpeer "$old" wgpeer ${OTHER_KEY} ${endpoint} wgaip ${far} wgpka 15`;

/** The table for a fleet's first relay, its first gateway and that one's first workstation. */
export function faultsOf(fleet: Fleet): readonly Fault[] {
  const [relay] = relaysOf(fleet);
  const [gateway] = gatewaysOf(fleet);
  if (!relay || !gateway) throw new Error('an inventory has a relay and a gateway');
  const several = relaysOf(fleet).length + gatewaysOf(fleet).length > 2;
  return [
    ...mailFaults(fleet, relay, gateway),
    ...(fleet.mail.tls ? tlsFaults(fleet, relay, gateway) : []),
    ...(several ? [] : tunnelFaults(fleet, relay, gateway)),
    ...(fleet.packetFilter.enabled ? filterFaults(relay, gateway) : []),
  ];
}

const on = (host: string, title: string, make: string, repair: string, ...codes: readonly string[]): Fault => ({
  title: `${host}: ${title}`,
  make: [[host, make]],
  repair: [[host, repair]],
  codes,
});

function mailFaults(fleet: Fleet, relay: Relay, gateway: Gateway): readonly Fault[] {
  const [station] = workstationsOf(fleet, gateway);
  const last = station ?? gateway;
  const stopped = (host: string): Fault =>
    on(host, 'smtpd is stopped', 'rcctl stop smtpd', 'rcctl start smtpd', 'smtpd-not-running');
  const table = '/etc/mail/recipients';
  const [recipient] = fleet.mail.recipients;
  return [
    stopped(relay.name),
    stopped(gateway.name),
    ...(station ? [stopped(station.name)] : []),
    on(
      last.name,
      'a recipient is unknown',
      `${edited(table, `sed '/^${recipient?.local ?? 'postmaster'}@/d'`)} && smtpctl update table recipients`,
      `${unedited(table)} && smtpctl update table recipients`,
      'recipient-refused',
    ),
    on(
      relay.name,
      'the name of the gateway is gone from hosts',
      edited('/etc/hosts', `grep -v '${gateway.tunnel.name}'`),
      unedited('/etc/hosts'),
      'name-unresolved',
    ),
    on(
      gateway.name,
      'the address of the tunnel is missing, so that smtpd exits',
      `ifconfig ${fleet.tunnel.interface} ${family(gateway)} ${gateway.tunnel.address} delete; ${RESTART}; sleep 1; true`,
      `sh /etc/netstart ${fleet.tunnel.interface}; sleep 2; ${RESTART}`,
      'smtpd-address-missing',
      'tunnel-address-missing',
    ),
  ];
}

function tlsFaults(fleet: Fleet, relay: Relay, gateway: Gateway): readonly Fault[] {
  const [station] = workstationsOf(fleet, gateway);
  const foreign = (host: string, name: string, ...codes: readonly string[]): Fault =>
    on(host, `a certificate of ${name} that nobody knows`, another(name), restored(name), ...codes);
  const past = (host: string, name: string): Fault =>
    on(host, `the certificate of ${name} has expired`, expired(name), restored(name), 'certificate-expired');
  const secrets = '/etc/mail/secrets';
  return [
    foreign(gateway.name, gateway.tunnel.name, 'certificate-untrusted'),
    foreign(relay.name, relay.tunnel.name, 'client-certificate-untrusted', 'certificate-untrusted'),
    ...(relay.certificates.kind === 'self_signed'
      ? [foreign(relay.name, relay.outbound.name, 'certificate-untrusted')]
      : []),
    ...(station ? [foreign(station.name, station.lan.name, 'certificate-untrusted')] : []),
    past(gateway.name, gateway.tunnel.name),
    ...(station && gateway.lan ? [past(gateway.name, gateway.lan.name)] : []),
    on(
      gateway.name,
      'the password is another one',
      `${edited(secrets, "sed 's/\\([^:]*\\):.*/\\1:another/'")}`,
      unedited(secrets),
      'password-refused',
    ),
  ];
}

const family = ({ tunnel }: Gateway | Relay): string => (tunnel.address.includes(':') ? 'inet6' : 'inet');
const whole = ({ tunnel }: Gateway | Relay): string => `${tunnel.address}/${tunnel.address.includes(':') ? 128 : 32}`;

function tunnelFaults(fleet: Fleet, relay: Relay, gateway: Gateway): readonly Fault[] {
  const { interface: wg, port } = fleet.tunnel;
  const again = `ifconfig ${wg} -wgpeerall; sh /etc/netstart ${wg}`;
  const peer = `"$(ifconfig ${wg} | sed -n 's/.*wgpeer //p')"`;
  const unwatched = ({ make, repair, ...fault }: Fault): Fault => ({
    ...fault,
    make: [[gateway.name, WATCH.ends], ...make],
    repair: [...repair, [gateway.name, WATCH.begins]],
  });
  const elsewhere = relay.tunnel.address.includes(':') ? 'fd00::77/128' : '10.255.255.77/32';
  const faults = [
    on(
      gateway.name,
      'a wrong key for the relay',
      wrongKey(wg, whole(relay), `wgendpoint ${relay.endpoint} ${port}`),
      again,
      'tunnel-peer-key-wrong',
    ),
    on(relay.name, 'a wrong key for the gateway', wrongKey(wg, whole(gateway), ''), again, 'tunnel-peer-key-wrong'),
    ...[relay, gateway].flatMap(host => [
      on(
        host.name,
        'a wrong allowed-ip',
        `ifconfig ${wg} wgpeer ${peer} wgaip ${elsewhere}`,
        again,
        'tunnel-allowed-ips-wrong',
      ),
      on(host.name, `${wg} is down`, `ifconfig ${wg} down`, `ifconfig ${wg} up; ${again}`, 'tunnel-interface-down'),
    ]),
    on(
      gateway.name,
      `${wg} is gone`,
      `ifconfig ${wg} down; ifconfig ${wg} destroy`,
      `sh /etc/netstart ${wg}; sleep 2; ${RESTART}`,
      'tunnel-interface-missing',
    ),
  ];
  return faults.map(unwatched);
}

/** Rules of mailtun's anchor are taken out; the states go by address, for -F states would cut ssh(1) as well. */
function filterFaults(relay: Relay, gateway: Gateway): readonly Fault[] {
  const states = `pfctl -k ${relay.tunnel.address}; pfctl -k ${gateway.tunnel.address}`;
  const without = (words: string): string =>
    `pfctl -a mailtun -sr | grep -v '${words}' | pfctl -a mailtun -f - && { ${states}; true; }`;
  return [relay, gateway].flatMap(host => [
    on(
      host.name,
      'pf blocks SMTP in the tunnel',
      without('in .*port = 25'),
      'pfctl -f /etc/pf.conf',
      'smtp-blocked',
      'tunnel-filtered-by-pf',
    ),
    on(
      host.name,
      'pf blocks ICMP in the tunnel',
      without('in .*icmp'),
      'pfctl -f /etc/pf.conf',
      'tunnel-ping-blocked',
      'tunnel-filtered-by-pf',
    ),
  ]);
}
