import { describe, expect, it } from 'vitest';
import { hostStatus, isHealthy } from '../../src/checks/host-status.ts';
import { diagnosis, judgeFleet } from '../../src/checks/judge.ts';
import { change, reason } from '../../src/run/resource.ts';
import { recorded } from '../recordings.ts';
import { article, fleetOf } from '../tasks/fleets.ts';
import { fleet, machines, mailRecording, NOW, type Says, tunnelRecording } from './machines.ts';
import { KEYS } from './probe-keys.ts';

const [relayTunnel, gatewayTunnel] = ['2001:db8:c1da::2', '2001:db8:c1da::1'];
const vpn0 = KEYS.smtp(gatewayTunnel, 'vpn0.example.com');
const smtp = KEYS.smtp(relayTunnel, 'smtp.example.com');

/** What was recorded of a tunnel, as one of its ends says it; nothing was probed beyond it. */
const tunnel = (about: string, far: string, more: Says = {}): Says => {
  const { wg, ping } = tunnelRecording(about);
  const untried = { [vpn0]: '', [smtp]: '', [KEYS.large(far)]: ping };
  return {
    ...more,
    questions: { 'ifconfig -A': wg, ...more.questions },
    probes: { ...untried, [KEYS.reach(far)]: ping, ...more.probes },
  };
};
const fromGateway = (about: string, more: Says = {}) => tunnel(about, relayTunnel, more);
const fromRelay = (about: string, more: Says = {}) => tunnel(about, gatewayTunnel, more);

/** Queue, routes and log as recorded, and no probe of port 25. */
const mail = (about: string, more: Says = {}): Says => ({
  ...more,
  questions: { ...mailRecording(about), ...more.questions },
  probes: { [vpn0]: '', [smtp]: '', ...more.probes },
});

/** The same with mail that has waited for ten seconds. */
const young = (about: string): Readonly<Record<string, string>> => {
  const parts = mailRecording(about);
  return {
    ...parts,
    'smtpctl show queue': (parts['smtpctl show queue'] ?? '').replaceAll(/\b17953\d{5}\b/g, String(NOW - 10)),
  };
};

const noAnswer = '1 packets transmitted, 0 packets received, 100.0% packet loss';

const said = (otherwise: Readonly<Record<string, Says | null>>) => {
  const all = machines(otherwise);
  const judged = judgeFleet(fleet, all, NOW * 1000);
  const broken = diagnosis(judged).flatMap(({ verdict }) => (verdict.kind === 'broken' ? [verdict.problem] : []));
  const status = all.map(asked => hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }));
  return { broken, status };
};

describe('the log of the far side', () => {
  const lost = "fault: the relay's client certificate is not trusted by the gateway";
  const farLog = recorded('faults', `${lost}: log on the gateway`);
  const evidence = (log: string): string | undefined =>
    said({
      namorar: mail(`${lost}: queue, routes and log on the relay`),
      carinho: { questions: { 'the mail log': log } },
    }).broken[0]?.evidence;

  it('is only used for lines about this very client', () => {
    const unknown = farLog.replaceAll('[2001:db8:c1da::2]', '[2001:db8:dd::66]');
    expect(evidence(farLog)).toContain('carinho says: handshake failed');
    expect(evidence(unknown)).toMatch(/unknown ca/);
    expect(evidence(unknown)).not.toContain('says');
  });
});

describe('healthy machines', () => {
  it.each<[string, Readonly<Record<string, Says>>]>([
    ['as they were recorded', {}],
    [
      'with their log and queue after a mail has passed',
      {
        namorar: mail('healthy, inbound: queue, routes and log on the relay'),
        carinho: mail('healthy, outbound: queue, routes and log on the gateway'),
      },
    ],
    ['once they are mended', { namorar: mail('healthy again, inbound: queue, routes and log on the relay') }],
    [
      'whose probes could not be run',
      { carinho: { probes: { [vpn0]: '', [smtp]: '', names: '', [KEYS.reach(relayTunnel)]: '' } } },
    ],
    [
      'right after a provision: no handshake yet when they were asked, an answer a moment later',
      {
        carinho: {
          questions: {
            'ifconfig -A': tunnelRecording('healthy: tunnel seen from the gateway').wg.replace(/\t\tlast.*\n/, ''),
          },
        },
      },
    ],
    [
      'right after a boot of the relay, when the gateway still believes in the old session',
      {
        namorar: fromRelay('fault: the gateway has not spoken yet', {
          questions: { 'the time of boot': `${NOW - 20}\n` },
          probes: { [vpn0]: '> ehlo x' },
        }),
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          probes: { [smtp]: '> ehlo x' },
        }),
      },
    ],
    [
      'right after a boot, when mail waits for the watch',
      {
        namorar: {
          questions: {
            'the time of boot': `${NOW - 40}\n`,
            ...mailRecording('fault: port 25 refused on wg0 of the gateway: queue, routes and log on the relay'),
          },
        },
      },
    ],
    [
      'with an error in the log, and a route disabled for its first seconds',
      {
        namorar: {
          questions: young('fault: port 25 refused on wg0 of the gateway: queue, routes and log on the relay'),
        },
      },
    ],
  ])('have no problem %s', (_, otherwise) => {
    const { broken, status } = said(otherwise);
    expect(broken).toEqual([]);
    expect(status.flatMap(host => host.problems)).toEqual([]);
    expect(isHealthy(status)).toBe(true);
  });
});

describe('a host without a mail log', () => {
  const evidence = (without: boolean): readonly (string | undefined)[] => {
    const says: Says = without ? { exits: { 'the mail log': 1 }, questions: { 'the mail log': '' } } : {};
    const judged = judgeFleet(fleet, machines({ namorar: says, mimando: says }), NOW * 1000);
    return judged.flatMap(({ hop, verdict }) =>
      (hop.kind === 'mailbox' || hop.kind === 'outside') && verdict.kind !== 'broken'
        ? [`${verdict.kind}: ${verdict.evidence}`]
        : [],
    );
  };
  it('is not reported to have accepted no mail', () => {
    expect(evidence(false)).toEqual([
      'well: nothing delivered since yesterday',
      'unknown: no message sent since yesterday, so outbound port 25 is untested',
    ]);
    expect(evidence(true)).toEqual([
      'unknown: mimando has no /var/log/maillog, so received mail is unknown',
      'unknown: namorar has no /var/log/maillog, so outbound port 25 is untested',
    ]);
  });
});

describe('a recorded fault', () => {
  it.each<[string, Readonly<Record<string, Says | null>>, string, string, RegExp]>([
    ['the relay is unreachable', { namorar: null }, 'namorar', 'namorar cannot be reached', /no answer from/],
    [
      'UDP 6900 is dropped on the way',
      {
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          probes: { [KEYS.wire('192.0.2.25')]: recorded('faults', 'fault: UDP 6900 dropped on the way: the wire') },
        }),
        namorar: fromRelay('fault: UDP 6900 dropped on the way, seen from the relay'),
      },
      'carinho',
      'UDP 6900 is filtered between carinho and namorar',
      /sent 148 bytes to 192\.0\.2\.25 6900 and got no handshake; tcpdump shows 1 packet out and none back/,
    ],
    [
      'nothing of the tunnel leaves the gateway, where tcpdump ran',
      {
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          probes: { [KEYS.wire('192.0.2.25')]: 'tcpdump: listening on vio1, link-type EN10MB' },
        }),
        namorar: fromRelay('fault: UDP 6900 dropped on the way, seen from the relay'),
      },
      'carinho',
      'no packet of the tunnel leaves carinho',
      /tcpdump shows 0 packets out and none back/,
    ],
    [
      'UDP 6900 is refused by the relay',
      {
        carinho: fromGateway('fault: UDP 6900 refused by the relay, seen from the gateway', {
          probes: { [KEYS.wire('192.0.2.25')]: recorded('faults', 'fault: UDP 6900 refused by the relay: the wire') },
        }),
        namorar: fromRelay('fault: UDP 6900 refused by the relay, seen from the relay'),
      },
      'namorar',
      'UDP 6900 is refused by namorar',
      /udp port 6900 unreachable/,
    ],
    [
      'the way to the relay is cut altogether',
      {
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          probes: {
            [KEYS.wire('192.0.2.25')]:
              `${noAnswer}\n${recorded('faults', 'fault: UDP 6900 dropped on the way: the wire')}`,
          },
        }),
        namorar: fromRelay('fault: UDP 6900 dropped on the way, seen from the relay'),
      },
      'carinho',
      'namorar cannot be reached from carinho',
      /does not answer a ping either/,
    ],
    [
      'the gateway has a wrong key for the relay',
      { carinho: fromGateway('fault: the gateway has a wrong key for the relay') },
      'carinho',
      'carinho has a wrong key for namorar',
      /WITRnkVAx6i5Rc/,
    ],
    [
      'the relay has a wrong key for the gateway',
      {
        namorar: fromRelay('fault: the relay has a wrong key for the gateway, seen from the relay'),
        carinho: fromGateway('fault: the relay has a wrong key for the gateway, seen from the gateway'),
      },
      'namorar',
      'namorar has a wrong key for carinho',
      /WITRnkVAx6i5Rc/,
    ],
    [
      'the relay has a wrong allowed-ip',
      {
        namorar: fromRelay('fault: wrong allowed ip on the relay, seen from the relay'),
        carinho: fromGateway('fault: wrong allowed ip on the relay, seen from the gateway'),
      },
      'namorar',
      'wrong allowed-ips for carinho on namorar',
      /it has 2001:db8:c1da::77\/128; it should be 2001:db8:c1da::1\/128/,
    ],
    [
      'icmp6 is refused on wg0 of the gateway',
      {
        namorar: {
          ...fromRelay('fault: icmp6 refused on wg0 of the gateway, seen from the relay'),
          probes: { [KEYS.reach(gatewayTunnel)]: noAnswer },
        },
        carinho: {
          probes: { [KEYS.reach(relayTunnel)]: tunnelRecording('healthy: tunnel seen from the gateway').ping },
        },
      },
      'carinho',
      'ICMP is blocked on wg0 of carinho',
      /the handshake is 2 s old, but carinho does not answer namorar's pings; port 25 answers/,
    ],
    [
      'the gateway has not spoken since it was booted',
      {
        namorar: fromRelay('fault: the gateway has not spoken yet'),
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          questions: {
            'ifconfig -A': tunnelRecording('fault: UDP 6900 dropped on the way, seen from the gateway').wg.replace(
              'tx: 148',
              'tx: 0',
            ),
          },
          probes: { [KEYS.reach(relayTunnel)]: 'silent', [smtp]: 'silent' },
        }),
      },
      'carinho',
      'carinho has sent nothing through the tunnel since boot',
      /tx: 0, rx: 0 on wg0, booted 24 h ago; namorar cannot start a handshake/,
    ],
    [
      'port 25 is refused on wg0 of the gateway',
      { namorar: mail('fault: port 25 refused on wg0 of the gateway: queue, routes and log on the relay') },
      'carinho',
      'port 25 is blocked between namorar and carinho',
      /IO Error: Connection refused/,
    ],
    [
      'smtpd is stopped on the gateway',
      {
        namorar: mail('fault: smtpd stopped on the gateway: queue, routes and log on the relay'),
        carinho: { questions: { 'service smtpd': 'enabled\n' } },
      },
      'carinho',
      'smtpd is not running on carinho',
      /smtpd\(failed\)/,
    ],
    [
      'mail waits though the far side is back',
      {
        namorar: {
          questions: { 'smtpctl show queue': recorded('faults', 'after the far side is back: schedule all delivers') },
        },
      },
      'namorar',
      'mail waits on namorar although carinho answers',
      /3 messages wait on namorar.*Network error on destination MXs/,
    ],
    [
      'mail is stuck behind a disabled route',
      {
        namorar: {
          questions: mailRecording('fault: smtpd stopped on the gateway: queue, routes and log on the relay'),
        },
      },
      'namorar',
      'mail is stuck on namorar behind a disabled route to carinho',
      /route 1 is disabled for another 9 s, though carinho answers/,
    ],
    [
      "the gateway's certificate is not trusted",
      {
        namorar: mail(
          "fault: the gateway's certificate is not trusted by the relay: queue, routes and log on the relay",
        ),
      },
      'namorar',
      'namorar does not trust the certificate of vpn0.example.com',
      /self signed certificate/,
    ],
    [
      "the gateway's certificate has another name",
      { namorar: mail("fault: the gateway's certificate has another name: queue, routes and log on the relay") },
      'carinho',
      'the certificate of carinho is not valid for vpn0.example.com',
      /not present in server certificate/,
    ],
    [
      "the gateway's certificate has expired",
      { namorar: mail("fault: the gateway's certificate has expired: queue, routes and log on the relay") },
      'carinho',
      'the certificate of vpn0.example.com on carinho has expired',
      /certificate has expired/,
    ],
    [
      "the relay's client certificate is not trusted",
      {
        namorar: mail(
          "fault: the relay's client certificate is not trusted by the gateway: queue, routes and log on the relay",
        ),
        carinho: {
          questions: {
            'the mail log': recorded(
              'faults',
              "fault: the relay's client certificate is not trusted by the gateway: log on the gateway",
            ),
          },
        },
      },
      'carinho',
      'carinho does not trust the certificate of vpn1.example.com',
      /tlsv1 alert unknown ca.*carinho says: handshake failed: .*certificate verify failed/,
    ],
    [
      'the relay shows no client certificate',
      {
        namorar: mail(
          "the article's opportunistic relay without a client certificate, TLS 1.3 listener with verify (stays queued): queue, routes and log on the relay",
        ),
      },
      'namorar',
      'namorar presents no certificate to carinho',
      /certificate required/,
    ],
    [
      'the password is wrong',
      { carinho: mail('fault: wrong password: queue, routes and log on the gateway') },
      'carinho',
      'namorar refuses the password of carinho',
      /535 Authentication failed/,
    ],
    [
      'the hosts entry for smtp.example.com is missing',
      {
        carinho: mail('fault: the hosts entry for smtp.example.com is missing: queue, routes and log on the gateway', {
          probes: { names: '= smtp.example.com\nexit 2' },
        }),
      },
      'carinho',
      'smtp.example.com does not resolve on carinho',
      /getent hosts smtp\.example\.com: no answer/,
    ],
    [
      'the name does not resolve, as the log alone tells it',
      {
        carinho: mail('fault: the hosts entry for smtp.example.com is missing: queue, routes and log on the gateway', {
          probes: { names: '' },
        }),
      },
      'carinho',
      'smtp.example.com does not resolve on carinho',
      /Host not found/,
    ],
    [
      'DNS wins over the hosts file',
      {
        carinho: {
          questions: { 'the order of lookups': 'bind file\n' },
          probes: { names: '= smtp.example.com\n192.0.2.25  smtp.example.com' },
        },
      },
      'carinho',
      'carinho asks DNS before /etc/hosts',
      /getent hosts smtp\.example\.com: 192\.0\.2\.25; .*lookup bind file/,
    ],
  ])(
    '%s: doctor names it and nothing else, and status has a matching problem',
    (_, otherwise, host, what, evidence) => {
      const { broken, status } = said(otherwise);
      expect(broken.map(one => `${one.host}: ${one.what}`)).toEqual([`${host}: ${what}`]);
      expect(broken[0]?.evidence).toMatch(evidence);
      expect(broken[0]?.remedy).not.toBe('');
      expect(isHealthy(status)).toBe(false);
      expect(status.find(one => one.name === host)?.problems.map(one => one.what)).toContain(what);
    },
  );
});

describe('a relay whose endpoint is a name', () => {
  it('is known by its address in what tcpdump prints', () => {
    const named = fleetOf(article.replace('endpoint: 192.0.2.25', 'endpoint: relay.example.net'));
    const out = recorded('faults', 'fault: UDP 6900 dropped on the way: the wire');
    const back = '192.0.2.25.6900 > 192.0.2.77.6900: [wg] response from 0x5d8621a3 to 0x5d8621a2\n';
    const all = machines(
      {
        carinho: fromGateway('fault: UDP 6900 dropped on the way, seen from the gateway', {
          probes: { [KEYS.wire('relay.example.net')]: `${out}${back}` },
        }),
        namorar: fromRelay('fault: UDP 6900 dropped on the way, seen from the relay'),
      },
      named,
    );
    const [broken] = diagnosis(judgeFleet(named, all, NOW * 1000)).flatMap(({ verdict }) =>
      verdict.kind === 'broken' ? [verdict.problem] : [],
    );
    expect(broken?.evidence).toContain('tcpdump shows 1 packet out and 1 back');
  });
});

describe('the packet filter', () => {
  const off = { ...fleet, packetFilter: { ...fleet.packetFilter, enabled: false } };
  const recordedStatus = recorded('transcripts', 'pf state and rules').split('\n')[0] ?? '';
  it.each([
    ['that is enabled is as wanted', recordedStatus, fleet, []],
    [
      'that is disabled filters nothing',
      'Status: Disabled',
      fleet,
      ['pf is disabled on namorar, so the tunnel is not filtered'],
    ],
    ['that is disabled is no problem where none is wanted', 'Status: Disabled', off, []],
    ['that does not say is no problem', '', fleet, []],
  ])('%s', (_, status, of, problems) => {
    const all = machines({ namorar: { questions: { 'pfctl -si': status } } });
    const judged = judgeFleet(of, all, NOW * 1000);
    const [relay] = all.map(asked => hostStatus(asked, { all, judged, fleet: of, now: NOW * 1000 }));
    expect(relay?.problems.map(problem => problem.what)).toEqual(problems);
  });
  it('is not checked on the workstation, where mailtun has no rules', () => {
    const { status } = said({ mimando: { questions: { 'pfctl -si': 'Status: Disabled' } } });
    expect(status.map(host => host.problems)).toEqual([[], [], []]);
  });
  it.each([
    ['pf does not evaluate it', 'anchor-not-evaluated', 'anchor mailtun'],
    ['missing', 'file-missing', '/etc/pf.mailtun.conf'],
  ] as const)('is reported where its rules differ: %s', (why, code, resource) => {
    const changes = [{ ...change(resource, reason(code, why), []), task: 'packet-filter' }];
    const { status } = said({ namorar: { plan: { changes } } });
    expect(status[0]?.drift).toEqual([{ task: 'packet-filter', resource, why }]);
  });
});
