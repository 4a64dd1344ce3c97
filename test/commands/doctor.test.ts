import { describe, expect, it } from 'vitest';
import { hostProblems } from '../../src/checks/host-problems.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { hostsOf } from '../../src/checks/path.ts';
import { doctorExit } from '../../src/commands/doctor.ts';
import { fleet, machines, NOW, type Says } from '../checks/machines.ts';

/** Of a doctor that was asked about these hosts. */
const exit = (otherwise: Readonly<Record<string, Says | null>>, names: readonly string[]): number => {
  const asked = machines(otherwise);
  const judged = judgeFleet(fleet, asked, NOW * 1000);
  const aside = asked.flatMap(one => (one.reached ? hostProblems(one, asked, fleet, NOW * 1000) : []));
  return doctorExit(
    { judged: judged.filter(({ hop }) => hostsOf(hop).some(host => names.includes(host.name))), aside },
    asked,
  );
};

const all = fleet.hosts.map(host => host.name);
const paused = { questions: { 'smtpctl show status': 'MDA running\nMTA running\nSMTP paused' } };
const lost = `Nov 22 06:59:00 namorar smtpd[1]: 6f8788dc9398fb4f mta delivery evpid=52866920a1b2c3d4 from=<alice@other.example> to=<test@example.com> rcpt=<-> source="-" relay="[2001:db8:c1da::1] (vpn0.example.com)" delay=1s result="PermFail" stat="550 Invalid recipient: <test@example.com>"`;

describe('the exit status of doctor', () => {
  it.each<[string, Readonly<Record<string, Says | null>>, readonly string[], number]>([
    ['0 where mail flows', {}, all, 0],
    ['2 where something is broken', { namorar: paused }, all, 2],
    [
      '2 where mail was lost that nobody has acknowledged',
      { namorar: { questions: { 'the lost mail': lost } } },
      all,
      2,
    ],
    ['1 where a host is away', { mimando: null }, all, 1],
    [
      '1 where something is broken and a host of the same stretch is away',
      { carinho: paused, mimando: null },
      ['carinho'],
      1,
    ],
    ['2 where a host is away that no chosen one has to do with', { namorar: paused, mimando: null }, ['namorar'], 2],
    ['0 where nothing is broken but a host that no chosen one has to do with', { mimando: null }, ['namorar'], 0],
  ])('is %s', (_, otherwise, names, status) => {
    expect(exit(otherwise, names)).toBe(status);
  });
});
