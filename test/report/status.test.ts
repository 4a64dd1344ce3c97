import { describe, expect, it } from 'vitest';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { problem } from '../../src/checks/problem.ts';
import { doctorJson, doctorText } from '../../src/report/doctor.ts';
import { labelled, pageColumns, painter } from '../../src/report/page.ts';
import { sentText } from '../../src/report/send-test.ts';
import { reportable, sinceText } from '../../src/report/since.ts';
import { statusJson, statusText } from '../../src/report/status.ts';
import { change, reason } from '../../src/run/resource.ts';
import { fleet, machines, NOW, type Says, tunnelRecording } from '../checks/machines.ts';

const plain = painter(false);
const observation = (otherwise: Readonly<Record<string, Says | null>> = {}) => {
  const asked = machines(otherwise);
  const judged = judgeFleet(fleet, asked, NOW * 1000);
  return { judged, hosts: asked.map(one => hostStatus(one, { all: asked, judged, fleet, now: NOW * 1000 })) };
};
const crowd = [1, 2, 3]
  .map(
    n =>
      `8c5fa896e224400${n}|local|mta||a@b.example|bob@other.example|x|${NOW - 90_000}|1|0|1|pending|5|Network error on destination MXs`,
  )
  .join('\n');
const certificate = 'cert mx1.example.com /etc/ssl/private/mx1.example.com.ssc';
const lost = problem({ name: 'namorar' }, 'mail-lost', {
  what: '1 message was lost on namorar',
  evidence: 'from a to b: 550',
  remedy: 'x',
});
const stopped = { mimando: { questions: { 'service smtpd': 'enabled\n' } } };

describe('status --json', () => {
  const keys = (value: unknown): readonly string[] => Object.keys(value as object);

  it('has exactly the keys of its contract, in their order', () => {
    const { hosts } = observation();
    const document = statusJson(hosts);
    expect(keys(document)).toEqual(['command', 'healthy', 'hosts']);
    const [relay] = hosts;
    expect(keys(relay)).toEqual([
      'name',
      'role',
      'reachable',
      'release',
      'tunnel',
      'smtpd',
      'certificates',
      'drift',
      'problems',
    ]);
    expect(keys(relay?.tunnel)).toEqual(['interface', 'up', 'publicKey', 'peers']);
    expect(keys(relay?.tunnel?.peers[0])).toEqual([
      'host',
      'publicKey',
      'endpoint',
      'handshakeAge',
      'rx',
      'tx',
      'answersPing',
    ]);
    expect(keys(relay?.smtpd)).toEqual(['running', 'stale', 'queued', 'oldest', 'stranded']);
    const problem = observation(stopped).hosts[2]?.problems[0];
    expect(keys(problem)).toEqual(['code', 'what', 'evidence', 'remedy']);
    expect(problem?.code).toBe('smtpd-not-running');
  });
  it('has the state of a tunnel', () => {
    expect(observation().hosts[1]?.tunnel).toMatchObject({
      interface: 'wg0',
      up: true,
      publicKey: 'gFb5JYCVPYKjwApd/ifd/qMVc/rtVooOKbnBhSXFBRE=',
      peers: [{ host: 'namorar', endpoint: '192.0.2.25 6900', handshakeAge: 2, rx: 412, tx: 468, answersPing: true }],
    });
  });
  it('has only one problem for an unreachable host', () => {
    const { hosts } = observation({ namorar: null });
    expect(hosts[0]).toMatchObject({
      reachable: false,
      release: null,
      tunnel: null,
      smtpd: null,
      certificates: [],
      drift: [],
    });
    expect(hosts[0]?.problems).toHaveLength(1);
    expect(statusJson(hosts)).toMatchObject({ healthy: false });
  });
  it('recognizes a peer by its key as well, whatever its allowed IPs', () => {
    const { wg } = tunnelRecording('healthy: tunnel seen from the gateway');
    const wide = wg.replace('2001:db8:c1da::2/128', '2001:db8:c1da::/64');
    expect(observation({ carinho: { questions: { 'ifconfig -A': wide } } }).hosts[1]?.tunnel?.peers).toMatchObject([
      { host: 'namorar', answersPing: true },
    ]);
  });
  it('counts what provision would change as unhealthy', () => {
    const why = 'started before /etc/mail/smtpd.conf changed';
    const due = { task: 'smtpd', ...change('service smtpd', reason('service-stale', why), []) };
    const { hosts } = observation({ mimando: { plan: { changes: [due] } } });
    expect(hosts[2]).toMatchObject({
      drift: [{ task: 'smtpd', resource: 'service smtpd', why }],
      smtpd: { stale: true },
    });
    expect(statusJson(hosts)).toMatchObject({ healthy: false });
  });
  it('does not count as drift what only waits for an unreachable host', () => {
    const waiting = [{ task: 'wireguard', resource: 'interface wg0', host: 'namorar', key: 'WireGuard public key' }];
    expect(observation({ namorar: null, carinho: { plan: { waiting } } }).hosts[1]?.drift).toEqual([]);
  });
  it('has the number of all messages, and the age of the oldest in seconds', () => {
    const queue = `8c5fa896e2244007|local|mta||a@b.example|bob@other.example|bob@other.example|${NOW - 9}|${NOW}|0|0|pending|5|\ntotal 4711 ${NOW - 90}`;
    expect(observation({ namorar: { questions: { 'smtpctl show queue': queue } } }).hosts[0]?.smtpd).toMatchObject({
      queued: 4711,
      oldest: 90,
    });
  });
});

describe('the page', () => {
  const page = (otherwise: Readonly<Record<string, Says | null>>, paint = plain) =>
    statusText(
      {
        fleet,
        ...observation(otherwise),
        notes: new Map(
          ['namorar', 'carinho'].map(name => [name, ['OpenBSD 7.6 is no longer supported: sysupgrade(8)']]),
        ),
      },
      paint,
    );

  it('draws the path with the state of each link', () => {
    expect(page({}).split('\n').slice(0, 2)).toEqual([
      'internet ──ok───▶ namorar ══ok═══▶ carinho ──ok───▶ mimando',
      '         ◀───??──         ◀═══ok══         ◀───ok──',
    ]);
  });
  it('prints a note about several hosts once', () => {
    expect(page({})).toContain('\nnamorar, carinho: OpenBSD 7.6 is no longer supported: sysupgrade(8)\n');
  });
  it('marks the link that is broken, with evidence and remedy below', () => {
    const text = page(stopped);
    expect(text).toContain('carinho ──XX───▶ mimando');
    expect(text).toContain(
      'mimando: smtpd is not running on mimando\n  evidence  rcctl check smtpd: smtpd(failed)\n  fix       on mimando: smtpd -n && rcctl -d start smtpd\n',
    );
  });
  it.each<[string, Readonly<Record<string, Says | null>>]>([
    ['healthy', {}],
    ['broken', { ...stopped, carinho: null }],
    ['crowded', { namorar: { questions: { 'smtpctl show queue': crowd, 'the certificates in use': certificate } } }],
  ])('fits 80 columns when all is %s', (_, otherwise) => {
    expect(
      page(otherwise)
        .split('\n')
        .filter(line => line.length > 80),
    ).toEqual([]);
  });
  it('fits 80 columns with a long inventory path and a note about twenty hosts', () => {
    const due = { task: 'aliases', ...change('/etc/mail/aliases', reason('block-missing', 'block missing'), []) };
    const { judged, hosts } = observation({ mimando: { plan: { changes: [due] } } });
    const path = '/home/somebody/mail/servers/at-home-and-away/inventory.yaml';
    const [relay] = hosts;
    const names = Array.from({ length: 20 }, (_, index) => `gateway-number-${index}`);
    const many = [...hosts, ...names.flatMap(name => (relay ? [{ ...relay, name }] : []))];
    const notes = new Map(names.map(name => [name, ['OpenBSD 7.6 is no longer supported: sysupgrade(8)']]));
    const text = statusText({ fleet: { ...fleet, path }, hosts: many, judged, notes }, plain);
    expect(text).toContain(
      '\nmimando: differs from the inventory\n  ~ aliases: /etc/mail/aliases: block missing\n  fix       mailtun',
    );
    expect(text).toContain('gateway-number-18, gateway-number-19:\nOpenBSD 7.6 is no longer supported');
    expect(text.split('\n').filter(line => line.length > 80)).toEqual([]);
  });
  it('puts a text below a label that leaves no room for it', () => {
    const label = ` ok mail ${'a'.repeat(40)} → ${'b'.repeat(40)}  `;
    expect(labelled(label, 'verified on both sides')).toEqual([label.trimEnd(), '        verified on both sides']);
  });
  it('has colours only where they are allowed', () => {
    expect(page({})).not.toContain('\x1b');
    expect(page({}, painter(true))).toContain('\x1b[32m');
  });
  it('shows no control characters of a host', () => {
    const evil = `8c5fa896e2244007|local|mta||a@b.example|bob@other.example|x|${NOW - 90_000}|1|0|1|pending|5|\x1b]0;owned\x07`;
    expect(page({ namorar: { questions: { 'smtpctl show queue': evil } } })).not.toContain('\x1b');
  });
});

describe('a terminal of 40 columns', () => {
  /** A word of the inventory's may be longer than that, and stands on a line of its own then. */
  const tooWide = (text: string): readonly string[] =>
    text.split('\n').filter(line => line.length > 40 && line.trim().includes(' '));
  const due = { task: 'aliases', ...change('/etc/mail/aliases', reason('block-missing', 'block missing'), []) };
  const { judged, hosts } = observation({ ...stopped, namorar: null, carinho: { plan: { changes: [due] } } });
  const notes = new Map([['carinho', ['OpenBSD 7.6 is no longer supported: sysupgrade(8)']]]);
  const mail = { id: 'a', sender: '', from: '', to: 'test@example.com' };
  const sent = { mail, direction: 'in' as const, handedInOn: 'namorar', began: 0, hops: [] };
  it.each([
    ['status', statusText({ fleet, hosts, judged, notes }, plain, 40)],
    [
      'status --since',
      sinceText([{ host: 'carinho', what: 'the clock of carinho was off for a long time' }], hosts, 40),
    ],
    ['doctor', doctorText({ judged, aside: [] }, plain, 40)],
    ['a doctor that found nothing', doctorText({ judged: observation({}).judged, aside: [] }, plain, 40)],
    ['a doctor that found lost mail', doctorText({ judged: observation({}).judged, aside: [lost] }, plain, 40)],
    [
      'send-test',
      sentText(
        { ...sent, file: null, stopped: { host: 'mimando', why: 'IO Error: Connection refused' } },
        'servers/inventory.yaml',
        plain,
        { columns: 40 },
      ),
    ],
    [
      'a mail that has arrived',
      sentText({ ...sent, file: '/home/jay/maildir/in/new/1', stopped: null }, 'inventory.yaml', plain, {
        columns: 40,
      }),
    ],
  ])('fits %s', (_, text) => {
    expect(tooWide(text)).toEqual([]);
    expect(text).not.toBe('');
  });
  it.each([
    [undefined, 80],
    [0, 80],
    [20, 40],
    [40, 40],
    [63, 63],
    [200, 80],
  ])('of %s columns has pages of %s', (terminal, columns) => {
    expect(pageColumns(terminal)).toBe(columns);
  });
});

describe('the doctor', () => {
  it('names nothing if mail flows', () => {
    const found = { judged: observation().judged, aside: [] };
    expect(doctorJson(found)).toMatchObject({ command: 'doctor', healthy: true, first: null });
    expect(doctorText(found, plain)).toContain('\nMail flows.\n');
  });
  it('does not say that mail flows while mail is lost', () => {
    const found = { judged: observation().judged, aside: [lost] };
    expect(doctorJson(found)).toMatchObject({ healthy: false, first: { hop: 'namorar', code: 'mail-lost' } });
    const text = doctorText(found, plain);
    expect(text).not.toContain('Mail flows');
    expect(text).toContain(
      '\nNothing stops mail now, but there are problems:\n\n1 message was lost on namorar.\n  evidence',
    );
  });
  it('does not say that mail flows if it could not check', () => {
    const { judged } = observation({ mimando: null });
    const gateway = judged.filter(
      ({ hop }) => hop.kind === 'tunnel' || (hop.kind === 'smtp' && hop.to.name === 'mimando'),
    );
    const text = doctorText({ judged: gateway, aside: [] }, plain);
    expect(text).toContain('\nNo fault was found, but what is marked ?? could not be checked.\n');
    expect(text).not.toContain('Mail flows');
  });
  it('names the first broken hop, and calls none after it broken', () => {
    const found = { judged: observation(stopped).judged, aside: [lost] };
    expect(doctorJson(found)).toMatchObject({
      healthy: false,
      first: { hop: 'mail carinho → mimando', code: 'smtpd-not-running', what: 'smtpd is not running on mimando' },
    });
    expect(
      (doctorJson(found) as { hops: { verdict: string }[] }).hops.filter(hop => hop.verdict === 'broken'),
    ).toHaveLength(1);
    expect(doctorText(found, plain)).toContain('\nsmtpd is not running on mimando.\n  evidence  ');
  });
});

describe('status --since', () => {
  it('reports what is new, with its remedy, and what is resolved', () => {
    const before = reportable(observation(stopped).hosts);
    const { hosts } = observation({
      namorar: { questions: { 'smtpctl show status': 'MDA running\nMTA paused\nSMTP running' } },
    });
    const text = sinceText(before, hosts);
    expect(text).toContain('new       namorar: smtpd on namorar is paused\n  evidence  ');
    expect(text).toContain('resolved  mimando: smtpd is not running on mimando\n');
  });
  it('prints nothing if nothing has changed', () => {
    const { hosts } = observation(stopped);
    expect(sinceText(reportable(hosts), hosts)).toBe('');
    expect(sinceText([], observation().hosts)).toBe('');
  });
  it('does not call resolved what cannot be seen, as the host cannot be reached', () => {
    const before = reportable(observation(stopped).hosts);
    const away = observation({ mimando: null }).hosts;
    const text = sinceText(before, away);
    expect(text).toContain('new       mimando: ');
    expect(text).not.toContain('resolved  mimando');
    const meanwhile = reportable(away, before);
    expect(sinceText(meanwhile, away)).toBe('');
    expect(sinceText(meanwhile, observation().hosts)).toContain('resolved  mimando: smtpd is not running on mimando\n');
  });
});
