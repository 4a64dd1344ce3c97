/** What status says of a host that is to go. */
import { describe, expect, it } from 'vitest';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { hopName } from '../../src/checks/path.ts';
import { article, fleetOf } from '../tasks/fleets.ts';
import { machines, NOW, type Says } from './machines.ts';
import { KEYS } from './probe-keys.ts';

const mail = (to: string): string =>
  `9b1f9dcd6b6d3a5a|inet6|mta|a|alice@internet.example|${to}|${to}|${NOW - 60}|${NOW + 86_400}|0|1|pending|100|Network error on destination MXs\n`;

const REFUSED = 'CONNECTED(00000003)\n< 421 4.3.2 Retiring: use another host or try again later\n';

function statusOf(name: string, otherwise: Readonly<Record<string, Says>>) {
  const fleet = fleetOf(article.replace(`  ${name}:\n`, `  ${name}:\n    retiring: true\n`));
  const all = machines(otherwise, fleet);
  const judged = judgeFleet(fleet, all, NOW * 1000);
  const asked = all.find(one => one.host.name === name);
  if (!asked) throw new Error(name);
  return {
    problems: hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }).problems,
    verdicts: judged.filter(({ hop }) => hopName(hop).includes(name)),
    broken: judged.filter(({ verdict }) => verdict.kind === 'broken').map(({ hop }) => hopName(hop)),
  };
}

describe('a relay that is retiring', () => {
  const mx = {
    [KEYS.smtp('2001:db8:1234:1234::6969', 'mx1.example.com')]: REFUSED,
    [KEYS.smtp('192.0.2.25', 'mx2.example.com')]: REFUSED,
  };
  it('is reported if it still has mail, is named by DNS or is the only one', () => {
    const { problems, broken } = statusOf('namorar', {
      namorar: {
        questions: { 'smtpctl show queue': `total 1 ${NOW - 60}\n${mail('bob@internet.example')}` },
        probes: {
          ...mx,
          [KEYS.dns('mx', 'example.com')]: 'example.com mail is handled by 10 mx1.example.com.\nexit 0',
        },
      },
    });
    expect(broken).toEqual([]);
    expect(problems).toEqual([
      {
        code: 'retiring',
        what: 'namorar is retiring and cannot be removed yet',
        evidence:
          '1 message in its queue; the MX records of example.com name mx1.example.com; carinho has no relay but namorar',
        remedy:
          'on namorar: smtpctl schedule all; remove mx1.example.com from the zone example.com; add a relay to the inventory, and provision',
      },
    ]);
  });
});

describe('a workstation that is retiring', () => {
  const refused = { [KEYS.smtp('2001:db8:6969::2', 'mimando.lan')]: REFUSED };
  it('is reported if mail for its recipients waits on the gateway', () => {
    const { problems, broken } = statusOf('mimando', {
      carinho: { questions: { 'smtpctl show queue': mail('test+shop@example.com') }, probes: refused },
    });
    expect(broken).toEqual([]);
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'retiring',
        evidence: '1 message for it on carinho; 2 recipients (test, …) there',
        remedy: 'name another host for its recipients, and provision',
      }),
    ]);
  });
});
