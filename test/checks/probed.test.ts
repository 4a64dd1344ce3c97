import { describe, expect, it } from 'vitest';
import { hostStatus, isHealthy } from '../../src/checks/host-status.ts';
import { diagnosis, judgeFleet } from '../../src/checks/judge.ts';
import { change, reason } from '../../src/run/resource.ts';
import { fleet, loggedIn, machines, NOW, type Says, taken, tunnelRecording } from './machines.ts';
import { KEYS } from './probe-keys.ts';

const [relayTunnel, gatewayTunnel, station, gatewayLan] = [
  '2001:db8:c1da::2',
  '2001:db8:c1da::1',
  '2001:db8:6969::2',
  '2001:db8:6969::1',
];
const vpn0 = KEYS.smtp(gatewayTunnel, 'vpn0.example.com');
const smtp = KEYS.smtp(relayTunnel, 'smtp.example.com');
const mimando = KEYS.smtp(station, 'mimando.lan');
const carinho = KEYS.smtp(gatewayLan, 'carinho.lan');
const mx2 = KEYS.smtp('192.0.2.25', 'mx2.example.com');

const judged = (otherwise: Readonly<Record<string, Says | null>>) => {
  const all = machines(otherwise);
  const found = judgeFleet(fleet, all, NOW * 1000);
  const status = all.map(asked => hostStatus(asked, { all, judged: found, fleet, now: NOW * 1000 }));
  const broken = diagnosis(found).flatMap(({ verdict }) =>
    verdict.kind === 'broken' ? [`${verdict.problem.host}: ${verdict.problem.what}`] : [],
  );
  return {
    broken,
    status,
    problems: status.flatMap(host => host.problems.map(one => `${host.name}: ${one.what}`)),
    found,
  };
};

const otherConf = { task: 'smtpd', ...change('/etc/mail/smtpd.conf', reason('file-differs', 'content differs'), []) };
const refusedAfterHandshake = taken.replace(
  /< 250 HELP[\s\S]*/,
  'error:1404C45C:SSL routines:ST_OK:tlsv13 alert certificate required:SSL alert number 116',
);
const noAnswer = '1 packets transmitted, 0 packets received, 100.0% packet loss';
const answers = tunnelRecording('healthy: tunnel seen from the gateway').ping;

describe('a probe that fails', () => {
  it.each<[string, Readonly<Record<string, Says>>, string]>([
    [
      'a refused connection',
      { namorar: { probes: { [vpn0]: '> ehlo x\nconnect: Connection refused\nconnect:errno=61\nexit 1' } } },
      'carinho: port 25 is blocked between namorar and carinho',
    ],
    [
      'no answer',
      { namorar: { probes: { [vpn0]: '> ehlo x\nexit 1' } } },
      'carinho: port 25 is blocked between namorar and carinho',
    ],
    [
      'a connection that pf of the host itself blocks',
      { namorar: { probes: { [vpn0]: '> ehlo x\nconnect: Permission denied\nconnect:errno=13\nexit 1' } } },
      'namorar: pf on namorar blocks its own connections to carinho',
    ],
    [
      'a certificate that is not trusted',
      { namorar: { probes: { [vpn0]: taken.replace('0 (ok)', '18 (self signed certificate)') } } },
      'namorar: namorar does not trust the certificate of vpn0.example.com',
    ],
    [
      'a certificate that has expired',
      { namorar: { probes: { [vpn0]: taken.replace('0 (ok)', '10 (certificate has expired)') } } },
      'carinho: the certificate of vpn0.example.com on carinho has expired',
    ],
    [
      'a certificate of tomorrow',
      { namorar: { probes: { [vpn0]: taken.replace('0 (ok)', '9 (certificate is not yet valid)') } } },
      'carinho: the certificate of vpn0.example.com is not valid yet',
    ],
    [
      'a listener without TLS',
      {
        namorar: {
          probes: { [vpn0]: "CONNECTED(00000003)\ndidn't found starttls in server response, try anyway...\nexit 1" },
        },
      },
      'carinho: carinho does not offer TLS to namorar on 2001:db8:c1da::1',
    ],
    [
      'a listener without TLS, of which s_client prints a session all the same',
      {
        namorar: {
          probes: {
            [vpn0]:
              'CONNECTED(00000003)\nno peer certificate available\n    Verify return code: 0 (ok)\n> ehlo x\nexit 0',
          },
        },
      },
      'carinho: carinho does not offer TLS to namorar on 2001:db8:c1da::1',
    ],
    [
      'a far side that wants a certificate',
      { namorar: { probes: { [vpn0]: refusedAfterHandshake } } },
      'namorar: namorar presents no certificate to carinho',
    ],
    [
      'a refused password',
      {
        carinho: {
          probes: { [smtp]: loggedIn.replace('< 235 2.0.0 Authentication succeeded', '< 535 Authentication failed') },
        },
      },
      'carinho: namorar refuses the password of carinho',
    ],
    [
      'an unknown recipient in the LAN',
      { carinho: { probes: { [mimando]: taken.replace(/(rcpt to:<test@example.com>\n< )250/, '$1550') } } },
      'mimando: mimando does not know a recipient',
    ],
    [
      'an unknown recipient at the MX',
      { namorar: { probes: { [mx2]: taken.replace(/(rcpt to:<test@example.com>\n< )250/, '$1550') } } },
      'namorar: namorar does not know a recipient',
    ],
    [
      'an MX that accepts no connections',
      { namorar: { probes: { [mx2]: 'connect: Connection refused' } } },
      'namorar: mx2.example.com (192.0.2.25) accepts no connections',
    ],
    [
      'another source address in the LAN than the next smtpd goes by',
      {
        mimando: {
          plan: { changes: [otherConf] },
          probes: { [carinho]: `- 250-carinho.lan Hello mimando [2001:db8:6969::77], pleased to meet you\n${taken}` },
        },
      },
      'mimando: mimando connects to carinho from 2001:db8:6969::77 instead of 2001:db8:6969::2',
    ],
    [
      'lost large packets',
      { carinho: { probes: { [KEYS.large(relayTunnel)]: noAnswer } } },
      'carinho: the MTU of the tunnel is too large for the path between carinho and namorar',
    ],
    [
      'pings that nobody answers while mail passes',
      {
        carinho: { probes: { [KEYS.reach(relayTunnel)]: noAnswer } },
        namorar: { probes: { [KEYS.reach(gatewayTunnel)]: noAnswer } },
      },
      'carinho: ICMP is blocked on wg0 of carinho or namorar',
    ],
    [
      'nothing at all in spite of a young handshake',
      {
        carinho: {
          probes: { [KEYS.reach(relayTunnel)]: noAnswer, [smtp]: '> ehlo x' },
          after: tunnelRecording('healthy: tunnel seen from the gateway').wg.replace('rx: 412', 'rx: 640'),
        },
        namorar: { probes: { [KEYS.reach(gatewayTunnel)]: noAnswer, [vpn0]: '> ehlo x' } },
      },
      'carinho: nothing passes wg0 between carinho and namorar although there is a handshake',
    ],
    [
      'an address that is still tentative when smtpd has died of it',
      {
        mimando: {
          questions: {
            'other interfaces': `\tinet6 ${station} prefixlen 64 tentative`,
            'service smtpd': 'enabled\n',
          },
        },
      },
      `mimando: ${station} was tentative on mimando, so smtpd exited`,
    ],
    [
      'a smtpd that has died and listens on a name that begins like an address',
      { mimando: { conf: ['cafe.example.com', station], questions: { 'service smtpd': 'enabled\n' } } },
      'mimando: smtpd is not running on mimando',
    ],
    [
      'an address that another machine has when smtpd has died of it',
      {
        mimando: {
          questions: {
            'other interfaces': `\tinet6 ${station} prefixlen 64 duplicated`,
            'service smtpd': 'enabled\n',
            'the mail log': "Nov 22 06:16:09 mimando smtpd[1]: smtpd: bind: Can't assign requested address",
          },
        },
      },
      `mimando: ${station} of mimando is also the address of another machine, so smtpd exited`,
    ],
    [
      'an address that is missing when smtpd has died of it',
      {
        carinho: {
          questions: {
            'other interfaces': `\tinet6 ${gatewayTunnel} prefixlen 64`,
            'service smtpd': 'enabled\n',
            'the mail log': "Nov 22 06:16:09 carinho smtpd[1]: dispatcher: smtpd: bind: Can't assign requested address",
          },
        },
      },
      `carinho: ${gatewayLan} is missing on carinho, so smtpd exited`,
    ],
    [
      'an address that came too late for smtpd, and is there by now',
      {
        carinho: {
          questions: {
            'service smtpd': 'enabled\n',
            'the mail log': "Nov 22 06:16:09 carinho smtpd[1]: smtpd: bind: Can't assign requested address",
          },
        },
      },
      'carinho: an address was missing or still tentative when smtpd started on carinho, so it exited',
    ],
    [
      'a clock that is an hour off',
      { mimando: { questions: { 'the clock': `${NOW + 3600} 2026 Nov 22 08:00:00` } } },
      'mimando: the clock of mimando is off',
    ],
    [
      'a full disk',
      { mimando: { questions: { df: '/dev/sd0e 1000000 970000 30000 97% /home' } } },
      'mimando: the disk of mimando is filling up',
    ],
    [
      'a disk without inodes',
      { namorar: { questions: { df: '/dev/sd0e 1000000 30000 920000 3%  127000   2000    98%  /var' } } },
      'namorar: the disk of namorar is filling up',
    ],
    [
      'a paused smtpd',
      { namorar: { questions: { 'smtpctl show status': 'MDA running\nMTA paused\nSMTP running' } } },
      'namorar: smtpd on namorar is paused',
    ],
    [
      'an interface that is down',
      {
        carinho: {
          questions: {
            'ifconfig -A': tunnelRecording('healthy: tunnel seen from the gateway').wg.replace('<UP,', '<'),
          },
        },
      },
      'carinho: wg0 is down on carinho',
    ],
    [
      'an interface that is missing',
      { namorar: { questions: { 'ifconfig -A': '' } } },
      'namorar: wg0 is missing on namorar',
    ],
  ])('%s: only that is reported', (_, otherwise, expected) => {
    const { broken, status, problems } = judged(otherwise);
    expect(broken).toEqual([expected]);
    expect(problems).toContain(expected);
    expect(isHealthy(status)).toBe(false);
  });

  it('sends nothing through a tunnel that has been silent since boot, and concludes nothing from that', () => {
    const otherwise = {
      carinho: { probes: { [KEYS.reach(relayTunnel)]: 'silent', [smtp]: 'silent' } },
      namorar: { probes: { [KEYS.reach(gatewayTunnel)]: noAnswer, [vpn0]: '> ehlo x' } },
    };
    expect(judged(otherwise).problems).toEqual(['carinho: carinho has sent nothing through the tunnel since boot']);
  });

  it('finds the rule that keeps a gateway silent if a ping does not wake it, also just after a boot', () => {
    const rules = 'block return out all\npass out proto tcp from any to any port = 22 flags S/SA\n# anchor\n';
    const silent = { [KEYS.reach(relayTunnel)]: 'silent', [smtp]: 'silent' };
    const wg = tunnelRecording('fault: UDP 6900 dropped on the way, seen from the gateway').wg.replace(
      'tx: 148',
      'tx: 0',
    );
    const gateway = (boot: number): Says => ({
      questions: { 'ifconfig -A': wg, 'the rules that pf has loaded': rules, 'the time of boot': `${NOW - boot}\n` },
      probes: silent,
    });
    const deaf = { probes: { [KEYS.reach(gatewayTunnel)]: noAnswer, [vpn0]: '' } };
    for (const boot of [3600, 20])
      expect(judged({ carinho: gateway(boot), namorar: deaf }).broken[0]).toBe(
        'carinho: pf on carinho blocks outbound packets of the tunnel',
      );
  });
  it('finds that ICMP is blocked on one side if the other gets answers', () => {
    const otherwise = {
      carinho: { probes: { [KEYS.reach(relayTunnel)]: noAnswer } },
      namorar: { probes: { [KEYS.reach(gatewayTunnel)]: answers } },
    };
    expect(judged(otherwise).broken).toEqual(['namorar: ICMP is blocked on wg0 of namorar']);
  });
});

// TCP asks again after 1, 3 and 7 s, so that little is left of a probe's 8 s when the tunnel comes up (tcp_timer.c).
describe('a session that stops after the connection', () => {
  const halves = { [vpn0]: `${taken.slice(0, taken.indexOf('> ehlo'))}> ehlo namorar.example.com\nexit 124` };
  it.each([
    ['is a problem', 86_400, ['namorar: namorar cannot send mail to carinho']],
    ['is none right after a boot', 20, []],
  ])('%s', (_, upSeconds, problems) => {
    const questions = { 'the time of boot': `${NOW - upSeconds}\n` };
    expect(judged({ namorar: { questions, probes: halves } }).problems).toEqual(problems);
  });
});

// s_client says `poll error` where the connection is reset before the alert is read.
describe('a session that the far side ends after the handshake without a reply', () => {
  const ended = `${taken.slice(0, taken.indexOf('> ehlo'))}> ehlo namorar.example.com\npoll error\nexit 0`;
  const lostAt = (time: string, why: string): string =>
    ['connected address=[2001:db8:c1da::2] host=x', `disconnected reason="io-error: handshake failed: error:${why}"`]
      .map(words => `Nov 22 ${time} carinho smtpd[4711]: 4953e51672aad3f1 smtp ${words}\n`)
      .join('');
  const untrusted = '14FFF086:SSL routines:(UNKNOWN)SSL_internal:certificate verify failed';
  it.each([
    ['its certificate', '06:59:50', untrusted, 'carinho: carinho does not trust the certificate of vpn1.example.com'],
    [
      'that it showed none',
      '06:59:50',
      '14FFF0C7:SSL routines:(UNKNOWN)SSL_internal:peer did not return a certificate',
      'namorar: namorar presents no certificate to carinho',
    ],
    ['nothing of today', '05:00:00', untrusted, 'namorar: namorar cannot send mail to carinho'],
    ['something else', '06:59:50', '1:SSL routines:x:wrong version', 'namorar: namorar cannot send mail to carinho'],
  ])('is explained by its log: %s', (_, time, why, problem) => {
    const log = { questions: { 'the mail log': lostAt(time, why) } };
    expect(judged({ namorar: { probes: { [vpn0]: ended } }, carinho: log }).broken).toEqual([problem]);
  });
});

describe('a remedy', () => {
  const remedies = (otherwise: Readonly<Record<string, Says>>): readonly string[] =>
    judged(otherwise).status.flatMap(host => host.problems.map(one => one.remedy));
  const down = { questions: { 'service smtpd': 'enabled\n' } };

  it('enables an smtpd that is disabled before it starts it', () => {
    const due = {
      task: 'smtpd',
      ...change(
        'service smtpd',
        [reason('service-disabled', 'disabled'), reason('service-stopped', 'not running')],
        [],
      ),
    };
    expect(remedies({ mimando: { ...down, plan: { changes: [due] } } })).toEqual([
      'on mimando: rcctl enable smtpd; smtpd -n && rcctl -d start smtpd',
    ]);
    expect(remedies({ mimando: down })).toEqual(['on mimando: smtpd -n && rcctl -d start smtpd']);
  });
  it('does not remove from the own interface what the next hop refuses, nor add what the inventory has', () => {
    const [head, ...rest] = taken.split('\n');
    const greeted = (source: string) => [head, `- 250-x Hello y [${source}], pleased to meet you`, ...rest].join('\n');
    const refused = (source: string) => greeted(source).replace(/(rcpt to:<test@example.com>\n< )250/, '$1550');
    // What hosts have to agree on stays as it is found where one alone is provisioned.
    expect(remedies({ carinho: { probes: { [mimando]: refused(gatewayLan) } } })).toEqual([
      `mailtun provision ${fleet.path}`,
    ]);
    const probes = { [mimando]: greeted('2001:db8:6969::77') };
    expect(remedies({ carinho: { plan: { changes: [otherConf] }, probes } })).toContain(
      `mailtun provision ${fleet.path}`,
    );
    // Rules that go by the certificate do not ask for the address.
    expect(remedies({ carinho: { probes } })).toEqual([]);
    expect(remedies({ carinho: { probes: { [mimando]: greeted(gatewayLan) } } })).toEqual([]);
  });
  it('behind a 1:1 NAT does not put the public address on an interface', () => {
    const inside = [
      'vio0: flags=8843<UP> mtu 1500',
      '\tinet 10.0.0.5 netmask 0xffffff00',
      '\tinet6 2001:db8:1234:1234::6969 prefixlen 64',
      '\tinet6 2001:db8:c1da::2 prefixlen 64',
    ];
    const dead = { questions: { ...down.questions, 'other interfaces': inside.join('\n') } };
    expect(remedies({ namorar: dead })[0]).toMatch(
      /^namorar has 10\.0\.0\.5: where the provider translates 192\.0\.2\.25 to it .*; then mailtun provision \S+ --host namorar$/,
    );
  });
  it('names the process that has port 25 if smtpd finds it in use', () => {
    const log = 'Nov 22 06:59:00 mimando smtpd[1]: dispatcher: smtpd: bind: Address already in use';
    expect(remedies({ mimando: { questions: { ...down.questions, 'the mail log': log } } })).toEqual([
      'on mimando: fstat -n | grep ":25$"; rcctl stop and rcctl disable that daemon; rcctl start smtpd',
    ]);
  });
  it('makes programs send their mail to smtpd again', () => {
    const mailer = (path: string) => ({ mimando: { questions: { 'the mailer of programs': `${path}\n` } } });
    expect(remedies(mailer('/usr/local/sbin/sendmail'))).toEqual([
      "on mimando: sed -i 's|^[[:space:]]*sendmail[[:space:]].*|sendmail /usr/sbin/smtpctl|' /etc/mailer.conf",
    ]);
    expect(remedies(mailer('/usr/sbin/smtpctl'))).toEqual([]);
  });
  it('uses --take-over for files that mailtun has not written', () => {
    const untrusted = { probes: { [vpn0]: taken.replace('0 (ok)', '18 (self signed certificate)') } };
    const both = `mailtun provision ${fleet.path} --host namorar --host carinho`;
    const own = { plan: { takesOver: ['/etc/ssl/vpnca.pem'] } };
    expect(remedies({ namorar: untrusted, mimando: own })).toEqual([both]);
    expect(remedies({ namorar: untrusted, carinho: own })).toEqual([
      `${both} --take-over, or first with --check --diff: it replaces /etc/ssl/vpnca.pem, which mailtun did not write`,
    ]);
  });
  it('passes no mail to a host that differs from the inventory', () => {
    const queue = `52866920a1b2c3d4|inet6|mta||a@b.example|test@example.com|test@example.com|${NOW - 60}|${NOW + 9999}|${NOW - 50}|1|pending|900|Network error`;
    const due = { task: 'smtpd', ...change('/etc/mail/smtpd.conf', reason('file-differs', 'content differs'), []) };
    const waiting = { questions: { 'smtpctl show queue': queue } };
    expect(remedies({ namorar: waiting })).toEqual(['on namorar: smtpctl schedule all']);
    expect(remedies({ namorar: { ...waiting, plan: { changes: [due] } } })).toEqual([
      `mailtun provision ${fleet.path}; then on namorar: smtpctl schedule all`,
    ]);
  });
  it('resumes what was suspended, and leaves alone what smtpd itself holds while it sends what came before', () => {
    const flagged = (flag: string) => ({
      namorar: {
        questions: {
          'smtpctl show queue': `52866920a1b2c3d4|inet6|mta|${flag}|a@b.example|test@example.com|test@example.com|${NOW - 60}|${NOW + 9999}|0|0|pending|-5|`,
        },
      },
    });
    expect(remedies(flagged('suspend'))).toEqual(['on namorar: smtpctl resume envelope all; smtpctl schedule all']);
    expect(remedies(flagged('hold'))).toEqual([]);
  });
  it('provisions all hosts if one task alone would wait for another host', () => {
    const unknown = { probes: { [KEYS.names]: '= mimando.lan' } };
    const waiting = [{ task: 'trust', resource: '/etc/ssl/lanca.pem', host: 'mimando', key: 'certificate' }];
    expect(remedies({ carinho: unknown })).toEqual([
      `mailtun provision ${fleet.path} --host carinho --only hosts-file`,
    ]);
    expect(remedies({ carinho: { ...unknown, plan: { waiting } } })).toEqual([`mailtun provision ${fleet.path}`]);
  });
});

describe('the DNS', () => {
  const mx = KEYS.dns('mx', 'example.com');
  const good = {
    [mx]: 'example.com mail is handled by 10 mx1.example.com.\nexample.com mail is handled by 10 mx2.example.com.\nexit 0',
    [KEYS.dns('a', 'mx2.example.com')]: 'mx2.example.com has address 192.0.2.25',
    [KEYS.dns('aaaa', 'mx1.example.com')]: 'mx1.example.com has IPv6 address 2001:db8:1234:1234::6969',
    [KEYS.dns('txt', 'example.com')]:
      'example.com descriptive text "v=spf1 ip4:192.0.2.25 ip6:2001:db8:1234:1234::b17e -all"',
    [KEYS.dns('ptr', '192.0.2.25')]: '25.2.0.192.in-addr.arpa domain name pointer smtp.example.com.',
  };
  const saying = (more: Readonly<Record<string, string>>) =>
    judged({ namorar: { probes: { ...good, ...more } } }).problems;
  const dead = ';; connection timed out; no servers could be reached\nexit 1';

  it('that has all records is no problem', () => {
    expect(saying({})).toEqual([]);
  });
  it('that does not answer is unknown, not wrong', () => {
    expect(saying(Object.fromEntries(Object.keys(good).map(key => [key, dead])))).toEqual([]);
  });
  it('that has no record of the domain is unknown too: the zone may not be public', () => {
    expect(
      saying(Object.fromEntries(Object.keys(good).map(key => [key, 'Host example.com not found: 3(NXDOMAIN)']))),
    ).toEqual([]);
  });
  it('that says that the domain accepts no mail, as for example.com, is unknown as well', () => {
    const world = Object.fromEntries(
      Object.keys(good).map(key => [key, 'Host mx1.example.com not found: 3(NXDOMAIN)']),
    );
    const { broken, problems } = judged({
      namorar: {
        probes: {
          ...world,
          [mx]: 'example.com mail is handled by 0 .\nexit 0',
          [KEYS.dns('txt', 'example.com')]: 'example.com descriptive text "v=spf1 -all"',
        },
      },
    });
    expect({ broken, problems }).toEqual({ broken: [], problems: [] });
  });
  it.each([
    [
      'an MX',
      { [mx]: 'example.com mail is handled by 10 mx1.example.com.' },
      'namorar: DNS has no MX mx2.example.com for example.com',
    ],
    [
      'an address',
      { [KEYS.dns('a', 'mx2.example.com')]: 'mx2.example.com has address 192.0.2.99' },
      'namorar: DNS has no A 192.0.2.25 for mx2.example.com',
    ],
    [
      'the name of an address',
      { [KEYS.dns('ptr', '192.0.2.25')]: 'Host 25.2.0.192.in-addr.arpa not found: 3(NXDOMAIN)' },
      'namorar: DNS has no PTR smtp.example.com for 192.0.2.25',
    ],
    [
      'an address in SPF',
      { [KEYS.dns('txt', 'example.com')]: 'example.com descriptive text "v=spf1 ip4:192.0.2.25 -all"' },
      'namorar: SPF of example.com does not let 2001:db8:1234:1234::b17e send',
    ],
  ])('that lacks %s is reported', (_, more, expected) => {
    expect(saying(more)).toEqual([expected]);
  });
  it('that has an old address for a name of the relay directs mail to a host that does not accept it', () => {
    const text = 'mx2.example.com has address 192.0.2.25\nmx2.example.com has address 192.0.2.99';
    expect(saying({ [KEYS.dns('a', 'mx2.example.com')]: text })).toEqual([
      'namorar: DNS has A 192.0.2.99 for mx2.example.com, which is not in the inventory',
    ]);
  });
  it('may intentionally have an MX of somebody else as well', () => {
    const more = `${good[mx]}\nexample.com mail is handled by 20 backup.else.example.`;
    expect(saying({ [mx]: more })).toEqual([]);
  });
  it('that leaves one question unanswered is not blamed for it', () => {
    expect(saying({ [KEYS.dns('ptr', '192.0.2.25')]: dead })).toEqual([]);
  });
});
