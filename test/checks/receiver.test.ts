import { expect, it } from 'vitest';
import { judgeFleet } from '../../src/checks/judge.ts';
import { KEYS } from '../../src/checks/questions.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { fleet, machines, NOW } from './machines.ts';

const wanting: Fleet = { ...fleet, mail: { ...fleet.mail, dmarc: { policy: 'none', reports: null } } };
const log =
  'Nov 22 06:00:00 namorar smtpd[4711]: 1c2d3e4f5a6b7c8d mta delivery evpid=52866920a1b2c3d4 from=<jay@example.com> to=<bob@internet.example> rcpt=<-> source="192.0.2.25" relay="192.0.2.254 (mx.internet.example)" delay=1s result="Ok" stat="250 2.0.0 taken"';

function said(spf: string, of: Fleet = wanting): string {
  const all = machines({
    namorar: {
      questions: { 'the mail log': log },
      probes: { [KEYS.dns('txt', 'example.com')]: `example.com descriptive text "${spf}"` },
    },
  });
  const verdict = judgeFleet(of, all, NOW * 1000).find(({ hop }) => hop.kind === 'outside')?.verdict;
  return verdict?.kind === 'broken' ? verdict.problem.what : (verdict?.evidence ?? '');
}

it('a receiver of the last mail concludes from SPF what DMARC asks for', () => {
  expect(said('v=spf1 ip4:192.0.2.25 ip6:2001:db8:1234:1234::b17e -all')).toBe(
    '1 message sent since yesterday; a receiver of the last one, from example.com, sees SPF pass, DKIM none, DMARC pass',
  );
  expect(said('v=spf1 ip4:192.0.2.25 -all')).toMatch(/sees SPF fail, DKIM none, DMARC fail$/);
  expect(said('v=spf1 -all', fleet)).toBe('1 message sent since yesterday');
});
