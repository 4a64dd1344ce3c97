import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diagnosis, judgeFleet } from '../../src/checks/judge.ts';
import { tracing } from '../../src/checks/remedies.ts';
import { PROBLEM_CODES } from '../../src/codes/problems.ts';
import { articleWith, fleetOf } from '../tasks/fleets.ts';
import { fleet, machines, NOW, type Says, taken, tunnelRecording } from './machines.ts';
import { KEYS } from './probe-keys.ts';

/** Rows `| code | remedy | file: title |`. */
const rows = [
  ...readFileSync('docs/remedies.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| (.+) \| `(\S+)`: (.+) \|$/gm),
].map(([, code = '', remedy = '', file = '', title = '']) => ({ code, remedy, file, title }));

describe('the table of remedies', () => {
  it('has each problem once, in order', () => {
    expect(rows.map(({ code }) => code)).toEqual(Object.keys(PROBLEM_CODES));
  });
  it.each(rows.map(row => [row.code, row] as const))('names an existing test of %s', (_, { file, title }) => {
    expect(existsSync(file)).toBe(true);
    // A title in a test is quoted either way.
    const quoted = [`'${title}'`, `"${title}"`];
    expect(quoted.some(text => readFileSync(file, 'utf8').includes(text))).toBe(true);
  });
});

const [relayTunnel, gatewayTunnel] = ['2001:db8:c1da::2', '2001:db8:c1da::1'];
const vpn0 = KEYS.smtp(gatewayTunnel, 'vpn0.example.com');
const smtp = KEYS.smtp(relayTunnel, 'smtp.example.com');
const busy = (command: string): string =>
  taken.replace(new RegExp(`> ${command}[\\s\\S]*`), `> ${command}\n< 421 4.3.0 Temporary Error`);
const queued = (agent: string, to: string, error: string): string =>
  `52866920a1b2c3d4|inet6|${agent}||a@example.com|${to}|${to}|${NOW - 20}|${NOW + 9999}|${NOW - 10}|1|pending|9|${error}`;
const log = (...lines: readonly string[]): string =>
  lines.map(line => `Nov 22 06:59:50 host smtpd[4711]: ${line}\n`).join('');
const tried = (session: string, address: string, reason = 'Connection timeout'): readonly string[] => [
  `${session} mta connecting address=smtp://${address}:25 host=mx.other.example`,
  `${session} mta error reason=${reason}`,
];
const DENIED = 'Connection failed: Permission denied';
const dropped = tunnelRecording('fault: UDP 6900 dropped on the way, seen from the gateway');
/** The gateway hears nothing; its interface is as it says itself. */
const deaf = (wg: string): Says => ({
  questions: { 'ifconfig -A': wg },
  probes: { [KEYS.reach(relayTunnel)]: dropped.ping, [KEYS.large(relayTunnel)]: dropped.ping, [smtp]: '' },
});
const unheard = tunnelRecording('fault: UDP 6900 dropped on the way, seen from the relay');
const silent: Says = {
  questions: { 'ifconfig -A': unheard.wg },
  probes: { [KEYS.reach(gatewayTunnel)]: unheard.ping, [vpn0]: '' },
};

describe('the remedy of problems that lab hosts cannot have', () => {
  it.each<[string, Readonly<Record<string, Says>>, RegExp]>([
    [
      'outbound-address-family',
      {
        namorar: { questions: { 'smtpctl show queue': queued('mta', 'bob@other.example', 'Address family mismatch') } },
      },
      /^put an IPv4 and an IPv6 address into outbound\.addresses in the inventory, and provision$/,
    ],
    [
      'outbound-port-blocked',
      {
        namorar: {
          questions: {
            'smtpctl show queue': queued('mta', 'bob@other.example', 'Network error'),
            'the mail log': log(
              ...tried('00000000000000aa', '198.51.100.1'),
              ...tried('00000000000000bb', '198.51.100.2'),
            ),
          },
        },
      },
      /^ask the relay's provider to open outbound port 25/,
    ],
    [
      'outbound-port-blocked',
      {
        namorar: {
          questions: {
            'smtpctl show queue': queued('mta', 'bob@other.example', 'Network error'),
            'the mail log': log(
              ...tried('00000000000000aa', '198.51.100.1', DENIED),
              ...tried('00000000000000bb', '198.51.100.2', DENIED),
            ),
          },
        },
      },
      /^on namorar: its own pf blocks port 25/,
    ],
    [
      'mail-undeliverable',
      {
        mimando: {
          questions: {
            'smtpctl show queue': queued('mda', 'test@example.com', 'x'),
            'the mail log': log(
              '00000000000000aa mda delivery evpid=52866920a1b2c3d4 from=<a@b.example> to=<test@example.com> rcpt=<-> user=jay delay=1s result=TempFail stat=Error ("Permission denied")',
            ),
          },
        },
      },
      /^on mimando: ls -ld the home and the maildir of the user; smtpctl show queue$/,
    ],
    [
      'tls-downgraded',
      {
        namorar: {
          questions: {
            'smtpctl show queue': queued('mta', 'test@example.com', '530 Must issue a STARTTLS command first'),
          },
          probes: { [vpn0]: '' },
        },
      },
      /^mailtun provision \S+$/,
    ],
    [
      'smtp-failed',
      { namorar: { probes: { [vpn0]: busy('mail from') } } },
      /^on namorar: tail -n 50 \/var\/log\/maillog/,
    ],
    [
      'mx-refuses-mail',
      { namorar: { probes: { [KEYS.smtp('192.0.2.25', 'mx2.example.com')]: busy('mail from') } } },
      /^on namorar: tail -n 50 \/var\/log\/maillog$/,
    ],
    [
      'tunnel-endpoint-unknown',
      { namorar: { probes: { [vpn0]: '> ehlo x\nconnect: Destination address required\nexit 1' } } },
      /^on carinho: ping6 -c 1 2001:db8:c1da::2$/,
    ],
    [
      'tunnel-key-missing',
      { carinho: deaf(dropped.wg.replace(/^\twgpubkey .*\n/m, '')) },
      /^mailtun provision \S+ --host carinho --only wireguard$/,
    ],
    [
      'tunnel-endpoint-missing',
      { carinho: deaf(dropped.wg.replace(/^\t\twgendpoint .*\n/m, '')), namorar: silent },
      /^mailtun provision \S+$/,
    ],
    [
      'tunnel-not-listening',
      {
        carinho: deaf(dropped.wg),
        namorar: {
          ...silent,
          questions: {
            ...silent.questions,
            'netstat -ln': [relayTunnel, '2001:db8:1234:1234::6969', '192.0.2.25']
              .map(address => `tcp 0 0 ${address.slice(0, 16)}.25 *.* LISTEN`)
              .join('\n'),
          },
        },
      },
      /^on namorar: sh \/etc\/netstart wg0$/,
    ],
    [
      'tunnel-answers-lost',
      {
        carinho: deaf(dropped.wg),
        namorar: {
          ...silent,
          questions: {
            'ifconfig -A': tunnelRecording('healthy: tunnel seen from the relay').wg.replace(/last handshake: .*/, ''),
          },
        },
      },
      /^allow UDP in from 192\.0\.2\.25 port 6900: pfctl -sr on carinho/,
    ],
  ])('%s', (code, otherwise, remedy) => {
    const found = diagnosis(judgeFleet(fleet, machines(otherwise), NOW * 1000));
    const [first] = found.flatMap(({ verdict }) => (verdict.kind === 'broken' ? [verdict.problem] : []));
    expect(first?.code).toBe(code);
    expect(first?.remedy).toMatch(remedy);
  });
});

it('the way to a relay is shown in its family', () => {
  expect(tracing('192.0.2.25')).toBe('route -n get 192.0.2.25; traceroute 192.0.2.25');
  expect(tracing('2001:db8::25')).toBe('route -n get 2001:db8::25; traceroute6 2001:db8::25');
});

it('dns-dmarc-wrong', () => {
  const wanting = fleetOf(articleWith(/# dmarc: .*/, 'dmarc: { policy: quarantine, reports: postmaster@example.com }'));
  const dns = {
    [KEYS.dns('mx', 'example.com')]:
      'example.com mail is handled by 10 mx1.example.com.\nexample.com mail is handled by 10 mx2.example.com.',
    [KEYS.dns('txt', '_dmarc.example.com')]: '_dmarc.example.com descriptive text "v=DMARC1; p=none"',
  };
  const found = judgeFleet(wanting, machines({ namorar: { probes: dns } }, wanting), NOW * 1000);
  expect(found.flatMap(({ verdict }) => (verdict.kind === 'broken' ? [verdict.problem] : []))[0]).toMatchObject({
    code: 'dns-dmarc-wrong',
    remedy: expect.stringMatching(/^replace it in the zone: _dmarc\.example\.com\. .*p=quarantine/),
  });
});

it('dns-tlsa-missing', () => {
  const wanting = fleetOf(articleWith(/# tlsa: true/, 'tlsa: true #'));
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(der).digest('hex');
  const says = {
    questions: {
      'the public half of the key of mx1.example.com': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    },
    probes: {
      [KEYS.dns('mx', 'example.com')]:
        'example.com mail is handled by 10 mx1.example.com.\nexample.com mail is handled by 10 mx2.example.com.',
      [KEYS.dns('tlsa', '_25._tcp.mx1.example.com')]:
        `_25._tcp.mx1.example.com has TLSA record 3 1 1 ${'8C'.repeat(28)} ${'8C'.repeat(4)}`,
    },
  };
  const found = judgeFleet(wanting, machines({ namorar: says }, wanting), NOW * 1000);
  expect(found.flatMap(({ verdict }) => (verdict.kind === 'broken' ? [verdict.problem] : []))[0]).toMatchObject({
    code: 'dns-tlsa-missing',
    evidence: `_25._tcp.mx1.example.com TLSA: 3 1 1 ${'8c'.repeat(32)}`,
    remedy: `add it to the zone: _25._tcp.mx1.example.com. IN TLSA 3 1 1 ${digest}`,
  });
});
