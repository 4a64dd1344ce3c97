import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clockProblems } from '../../src/checks/clock.ts';
import { judgeHost } from '../../src/checks/host.ts';
import { isRecent, lastingError } from '../../src/checks/mail-log.ts';
import { isUnsupported } from '../../src/checks/releases.ts';
import { parseClock } from '../../src/facts/clock.ts';
import { parseCertificates } from '../../src/facts/installed-certificates.ts';
import { parseLeftByRun } from '../../src/facts/left-by-run.ts';
import { parseMaillog } from '../../src/facts/maillog.ts';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import { UNANSWERED } from '../../src/run/fact.ts';
import { Failure } from '../../src/run/failure.ts';
import { observed } from '../../src/run/observe.ts';
import { answer } from '../answers.ts';
import { recorded } from '../recordings.ts';
import { hostOf } from '../tasks/fleets.ts';
import { fleet } from './machines.ts';

describe('a host whose smtpd does not answer', () => {
  const said = 'smtpd does not answer smtpctl(8)\non the host: rcctl restart smtpd\n';
  const answers = [answer(), answer(), answer(), answer('', UNANSWERED, said)];
  it('is not called unreachable', () => {
    let failure: unknown;
    try {
      observed('namorar', [WAITING_MAIL], answers);
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Failure)) throw new Error('it was observed');
    const asked = { host: hostOf(fleet, 'namorar'), reached: false, failure } as const;
    expect(judgeHost(asked, [asked], fleet)).toMatchObject({
      problem: {
        code: 'smtpd-not-answering',
        what: 'smtpd does not answer smtpctl(8)',
        remedy: 'on the host: rcctl restart smtpd',
      },
    });
  });
});

describe('clocks', () => {
  const clock = (name: string, ahead: number | null) => ({ host: { name }, ahead });
  it.each([
    ['go together', [clock('a', 0), clock('b', 2), clock('c', -3)], []],
    ['one of three is off', [clock('a', 0), clock('b', 3600), clock('c', 1)], ['b']],
    [
      "are all off alike where it is this machine's that is wrong",
      [clock('a', 900), clock('b', 901), clock('c', 900)],
      [],
    ],
    ['that can not be read are no problem', [clock('a', null), clock('b', null)], []],
    ['of one host alone count against this machine', [clock('a', -400)], ['a']],
  ])('%s', (_, clocks, off) => {
    expect(clockProblems(clocks).map(one => one.host)).toEqual(off);
  });
});

describe("a host's own time", () => {
  it('is read with the year that syslog leaves out', () => {
    expect(parseClock('1795327702 2026 Nov  2 06:08:22\n')).toEqual({
      now: 1795327702,
      local: Date.UTC(2026, 10, 2, 6, 8, 22) / 1000,
    });
    expect(parseClock('nonsense')).toBeNull();
  });
  it.each([
    ['Nov 22 05:00:00', true],
    ['Nov 21 07:00:00', true],
    ['Nov 21 05:00:00', false],
    ['Dec 31 05:00:00', false],
  ])('a line of %s', (time, recent) => {
    const local = Date.UTC(2026, 10, 22, 6, 0, 0) / 1000;
    expect(isRecent({ time, kind: 'started' }, { now: local, local })).toBe(recent);
  });
  it('is read with date and year if syslogd -Z writes them', () => {
    const now = Date.parse('2026-11-22T06:00:00Z') / 1000;
    const clock = { now, local: now + 3600 };
    expect(isRecent({ time: '2026-11-21T06:30:00.123Z', kind: 'started' }, clock)).toBe(true);
    expect(isRecent({ time: '2026-11-21T05:30:00.123Z', kind: 'started' }, clock)).toBe(false);
  });
});

describe('the mail log of a host', () => {
  const events = (about: string) => parseMaillog(recorded('faults', about));
  const healthy = events('healthy, inbound: queue, routes and log on the relay');
  const towards = { address: '2001:db8:c1da::1', name: 'vpn0.example.com' };

  it('has the last error towards a host until mail has passed', () => {
    const refused = events('fault: port 25 refused on wg0 of the gateway: queue, routes and log on the relay');
    expect(lastingError(refused, towards)).toBe('IO Error: Connection refused');
    expect(lastingError([...refused, ...healthy], towards)).toBeNull();
    expect(lastingError(refused, { address: '2001:db8::9', name: 'other' })).toBeNull();
  });
});

describe('what a run leaves behind', () => {
  const owner =
    'lock\n20261122T080500Z-4f2a\n4711\n1795327000 Sun Nov 22 06:08:23 2026\n2026-11-22T08:05:00Z\njay@desk\n';
  it('is a lock in use while its shell exists', () => {
    expect(parseLeftByRun(`${owner}shell lives\n`).lock).toEqual({
      who: 'jay@desk',
      since: '2026-11-22T08:05:00Z',
      alive: true,
    });
  });
  it('is stale once that process has exited, or its pid belongs to another one', () => {
    expect(parseLeftByRun(`${owner}shell gone\n`).lock?.alive).toBe(false);
    expect(parseLeftByRun('lock\nshell gone\n').lock).toMatchObject({ who: 'an unknown run', alive: false });
  });
  it('is nothing on a host without a run', () => {
    expect(parseLeftByRun('')).toEqual({ lock: null, armedAt: null, reverted: [] });
  });
  it('is an armed switch, or a record of one that has fired', () => {
    expect(parseLeftByRun('armed 1795327702\nreverted 2026-11-22T08:06:00Z put back\n')).toMatchObject({
      armedAt: 1795327702,
      reverted: ['2026-11-22T08:06:00Z put back'],
    });
  });
});

describe('releases', () => {
  it.each([
    ['7.6', '2025-06-01', false],
    ['7.6', '2025-12-01', true],
    ['7.8', '2026-03-01', false],
    ['8.0', '2026-12-01', false],
    // 7.9 came seven weeks later than half a year after 7.8.
    ['7.7', '2026-05-18', false],
    ['7.7', '2026-05-20', true],
    ['7.8', '2026-10-31', false],
    ['7.8', '2026-11-27', true],
    ['7.9', '2026-11-27', false],
    // Not known yet: half a year, and patience.
    ['7.9', '2027-06-29', false],
    ['7.9', '2027-07-01', true],
    ['8.0', '2027-07-01', false],
    ['8.2', '2027-07-01', false],
    ['6.9', '2022-01-01', true],
    ['', '2027-01-01', false],
    ['snapshot', '2027-01-01', false],
  ])('%s on %s', (release, date, unsupported) => {
    expect(isUnsupported(release, Date.parse(date))).toBe(unsupported);
  });
});

describe('certificates in use', () => {
  it('are listed with their paths even if a file contains none', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const text = `cert vpn1.example.com /etc/ssl/a.crt\nkey vpn1.example.com /etc/ssl/a.key\n${publicKey.export({ type: 'spki', format: 'pem' })}`;
    expect(parseCertificates(text)).toEqual([
      { name: 'vpn1.example.com', path: '/etc/ssl/a.crt', facts: null, keyFits: null },
    ]);
  });
});
