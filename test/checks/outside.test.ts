import { describe, expect, it } from 'vitest';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { fleet, machines, NOW } from './machines.ts';

const HOUR = 3600;

const queued = (to: string, hours: number): string =>
  `8c5fa896e2244007|inet6|mta||jay@example.com|${to}|${to}|${NOW - hours * HOUR}|${NOW + 99_999}|${NOW}|9|pending|900|Network error on destination MXs`;

/** The clock of the machines says 07:00:00 on Nov 22. */
const left = (time: string, relay = '"192.0.2.254 (mx.internet.example)"'): string =>
  `${time} namorar smtpd[4711]: 1c2d3e4f5a6b7c8d mta delivery evpid=52866920a1b2c3d4 from=<jay@example.com> to=<bob@internet.example> rcpt=<-> source="192.0.2.25" relay=${relay} delay=1s result="Ok" stat="250 2.0.0 taken"`;

const observation = (queue: readonly string[], log: readonly string[]) => {
  const all = machines({
    namorar: { questions: { 'smtpctl show queue': queue.join('\n'), 'the mail log': log.join('\n') } },
  });
  const judged = judgeFleet(fleet, all, NOW * 1000);
  const verdict = judged.find(({ hop }) => hop.kind === 'outside')?.verdict;
  const [relay] = all.map(asked => hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }));
  return {
    said: verdict?.kind === 'broken' ? verdict.problem.evidence : verdict?.evidence,
    problems: relay?.problems.map(one => one.what),
  };
};

const blamed = ['outbound mail waits on namorar'];

describe('outbound mail that waits for half a day', () => {
  it('for one destination is a note and no problem while other mail is accepted elsewhere', () => {
    const { said, problems } = observation(
      [queued('bob@mistyped.example', 5), queued('eve@mistyped.example', 6)],
      [left('Nov 22 02:00:00')],
    );
    expect(problems).toEqual([]);
    expect(said).toBe(
      '1 message sent since yesterday; 2 messages wait for mistyped.example, 6 h by now: Network error on destination MXs',
    );
  });
  it('for several destinations is blamed on the outbound connection', () => {
    const queue = [queued('bob@mistyped.example', 5), queued('eve@other.example', 9)];
    const { said, problems } = observation(queue, [left('Nov 22 06:00:00')]);
    expect(problems).toEqual(blamed);
    expect(said).toBe('2 for more than 4 h, the oldest for 9 h: Network error on destination MXs');
  });
  it.each([
    ['before it', [left('Nov 22 00:30:00')]],
    ['to our own hosts', [left('Nov 22 06:00:00', '"[2001:db8:c1da::1] (vpn0.example.com)"')]],
    ['at no time', []],
  ])('is blamed on the outbound connection if mail has left only %s', (_, log) => {
    expect(observation([queued('bob@mistyped.example', 5)], log).problems).toEqual(blamed);
  });
  it('is not reported if it waits for less than that', () => {
    expect(observation([queued('bob@a.example', 3), queued('bob@b.example', 3)], []).problems).toEqual([]);
  });
});

/** Hosts of a destination that time out, at six o'clock. */
const silent = ['198.51.100.1', '198.51.100.2'].flatMap((address, at) => [
  `Nov 22 06:00:00 namorar smtpd[4711]: 00000000000000a${at} mta connecting address=smtp://${address}:25 host=mx.other.example`,
  `Nov 22 06:00:30 namorar smtpd[4711]: 00000000000000a${at} mta error reason=Connection timeout`,
]);

/** A server outside that takes nothing, as greylisting does, but answers. */
const deferred = left('Nov 22 06:01:00').replace(
  'result="Ok" stat="250 2.0.0 taken"',
  'result="TempFail" stat="451 4.7.1 Greylisted"',
);
const unsent = left('Nov 22 06:01:00', '"other.example"').replace(
  'result="Ok" stat="250 2.0.0 taken"',
  'result="TempFail" stat="Network error on destination MXs"',
);

describe('two hosts outside that do not answer', () => {
  const [one, other] = [queued('bob@other.example', 1), queued('eve@another.example', 1)];
  const greylisted = queued('eve@greylisting.example', 1).replace(/[^|]*$/, '451 4.7.1 Greylisted');
  const blocked = ['port 25 out of namorar is blocked'];
  it.each([
    ['nobody else does', [one], [...silent, unsent], blocked],
    ['mail for two destinations waits for them', [one, other], [left('Nov 22 05:00:00'), ...silent, unsent], blocked],
    ['another has answered before, and one destination is theirs', [one], [left('Nov 22 05:00:00'), ...silent], []],
    ['and beside it only what was answered waits', [one, greylisted], [deferred, ...silent], []],
    ['another one has answered after them', [one, other], [...silent, unsent, deferred], []],
  ])('are a sign that port 25 is blocked, or not, where %s', (_, queue, log, problems) => {
    expect(observation(queue, log).problems).toEqual(problems);
  });
});
