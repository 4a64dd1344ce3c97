/** The flow of an undo over hosts that only say what they were told. */
import { describe, expect, it } from 'vitest';
import { undo } from '../../src/run/undo.ts';
import { DEAD_MAN, ROLLBACK } from '../../src/tasks/rollback.ts';
import { answer } from '../answers.ts';
import { type FakeHost, fakeHost } from './fake-host.ts';

const KEPT = 'at undo/20261122T080500Z-4f2a\nkept replaced /etc/mail/smtpd.conf\n';

/** Hosts that have that run. */
const hostsWith = (...names: readonly string[]): readonly FakeHost[] =>
  names.map(name => {
    const host = fakeHost(name, []);
    host.troubles.set('asks what is kept for undo', answer(KEPT));
    return host;
  });

const undone = (hosts: readonly FakeHost[]) =>
  undo(
    hosts.map(({ target }) => ({ target: () => target, refusal: () => null })),
    {
      check: false,
      diff: false,
      all: false,
      stays: () => false,
      rollback: ROLLBACK,
      deadMan: DEAD_MAN,
      onProgress: () => {},
      concurrency: 10,
    },
  );

describe('a host that refuses in the last moment', () => {
  const refusing = (host: FakeHost | undefined) =>
    host?.troubles.set('undo: restores the earlier state', answer('', 1, 'mail is queued'));

  it('names the hosts that have been restored already', async () => {
    const hosts = hostsWith('namorar', 'carinho', 'mimando');
    refusing(hosts[1]);
    const outcomes = await undone(hosts);
    expect(outcomes.map(one => one.changes.map(change => change.applied))).toEqual([[true], [false], [true]]);
    expect(outcomes.map(one => one.failure?.what)).toEqual([
      undefined,
      expect.stringContaining('mail is queued; restored already: namorar, mimando, and what hosts have to agree on'),
      undefined,
    ]);
  });
  it('names none where none is restored', async () => {
    const hosts = hostsWith('namorar');
    refusing(hosts[0]);
    expect((await undone(hosts))[0]?.failure?.what).not.toContain('restored already');
  });
});

describe('a file with a flag of chflags(1)', () => {
  const flags = (number: number) => answer(`${KEPT}flags ${number} /etc/mail/smtpd.conf\n`);
  it('is named before anything is restored, on any host', async () => {
    const hosts = hostsWith('namorar', 'carinho');
    hosts[1]?.troubles.set('asks what is kept for undo', flags(0x20000));
    const outcomes = await undone(hosts);
    expect(outcomes.map(one => [one.changes.filter(change => change.applied), one.failure?.what])).toEqual([
      [[], 'not changed: carinho cannot be restored now'],
      [[], '/etc/mail/smtpd.conf has to be changed and has the flag schg'],
    ]);
  });
  it('is restored if the flag does not keep it from that', async () => {
    const hosts = hostsWith('namorar');
    hosts[0]?.troubles.set('asks what is kept for undo', flags(1));
    expect((await undone(hosts))[0]?.failure).toBeNull();
  });
});

describe('several hosts', () => {
  const lines = (host: FakeHost | undefined) => host?.log.filter(line => /^(stops|starts|undo)/.test(line));

  it('are restored only when all of them have stopped', async () => {
    const log: string[] = [];
    const hosts = ['namorar', 'carinho'].map(name => fakeHost(name, [], 'none', { log }));
    for (const host of hosts) host.troubles.set('asks what is kept for undo', answer(KEPT));
    await undone(hosts);
    const stops = 'stops until all hosts are ready';
    expect(log.filter(line => line === stops)).toHaveLength(2);
    expect(log.lastIndexOf(stops)).toBeLessThan(log.indexOf('undo: restores the earlier state'));
  });
  it('start again, and keep their files, where one of them has not stopped', async () => {
    const hosts = hostsWith('namorar', 'carinho', 'mimando');
    hosts[1]?.troubles.set('stops until all hosts are ready', answer('', 1, 'mail is queued'));
    const outcomes = await undone(hosts);
    const both = ['stops until all hosts are ready', 'starts again'];
    // What fails is not in the log.
    expect(hosts.map(lines)).toEqual([both, [], both]);
    expect(outcomes.flatMap(one => one.changes.map(change => change.applied))).toEqual([false, false, false]);
    expect(outcomes.map(one => one.failure?.code)).toEqual(['other-host-failed', 'step-failed', 'other-host-failed']);
  });
  it('do not stop for a single one', async () => {
    const hosts = hostsWith('namorar');
    await undone(hosts);
    expect(lines(hosts[0])?.[0]).toBe('undo: restores the earlier state');
  });
});
