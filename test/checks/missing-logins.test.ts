/** Mail that waits for a user who has been deleted. */
import { describe, expect, it } from 'vitest';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { MISSING_LOGINS } from '../../src/facts/missing-logins.ts';
import { article, fleetOf } from '../tasks/fleets.ts';
import { machines, NOW } from './machines.ts';

function problemsOf(said: string) {
  const fleet = fleetOf(article);
  const all = machines({ mimando: { questions: { [MISSING_LOGINS.name]: said } } }, fleet);
  const judged = judgeFleet(fleet, all, NOW * 1000);
  const asked = all.find(one => one.host.name === 'mimando');
  if (!asked) throw new Error('no mimando');
  return hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }).problems;
}

describe('mail for a user who does not exist', () => {
  it('is reported before smtpd tries again', () =>
    expect(problemsOf('2 ana\n')).toEqual([
      {
        code: 'mail-login-missing',
        what: 'mail is queued on mimando for the user ana, who does not exist',
        evidence: '2 messages; id ana: no such user; the next delivery attempt fails permanently',
        remedy: 'on mimando: smtpctl pause mda; add the user ana again; smtpctl resume mda',
      },
    ]));
  it('is the same problem with another message', () =>
    expect(problemsOf('3 ana\n')[0]?.what).toBe(problemsOf('2 ana\n')[0]?.what));
  it('is not reported if all users exist', () => expect(problemsOf('')).toEqual([]));
});
