import { describe, expect, it } from 'vitest';
import { command, unchangedBy } from '../../src/run/command.ts';
import type { Desire } from '../../src/run/desired.ts';
import { fact } from '../../src/run/fact.ts';
import { Failure } from '../../src/run/failure.ts';
import { change, madeFirst, type Observed, type Resource, reason } from '../../src/run/resource.ts';
import { answer } from '../answers.ts';
import { claimed, type FakeHost, fakeHost, run, type Want } from './fake-host.ts';

const WANTS: readonly Want[] = [['key'], ['boot file', 'next boot'], ['tunnel', 'lockout'], ['mail']];

const keyOf = (host: FakeHost): Readonly<Record<string, string>> => (host.done.has('key') ? { key: 'its key' } : {});

describe('a run', () => {
  it('takes one exchange per host and no lock if nothing is to change', async () => {
    const host = fakeHost('a', [['key']]);
    host.done.add('key');
    const [outcome] = await run([host]);
    expect([outcome?.roundTrips, outcome?.changes, host.log]).toEqual([1, [], ['connects']]);
  });

  it('with --check changes nothing and takes no lock', async () => {
    const host = fakeHost('a', WANTS);
    const [outcome] = await run([host], true);
    expect(outcome?.changes.map(change => change.applied)).toEqual([false, false, false, false]);
    expect(host.log).toEqual(['connects']);
  });

  it('arms the switch before a risky change, reconnects, disarms, and only then writes what a boot would read', async () => {
    const host = fakeHost('a', WANTS);
    const [outcome] = await run([host]);
    expect(host.log).toEqual([
      'connects',
      'takes the lock',
      'task: makes key',
      'arms the dead-man switch',
      'task: makes tunnel',
      'connects',
      'takes the lock',
      'disarms the dead-man switch',
      'task: makes boot file',
      'task: makes mail',
      'syncs the disk',
    ]);
    expect([outcome?.failure, outcome?.changes.every(change => change.applied)]).toEqual([null, true]);
    expect(outcome?.roundTrips).toBeLessThanOrEqual(6);
  });

  const steady = fact('steady', unchangedBy(['waited for', 'risky'], command('')), () => 'as ever');
  /** The same hosts, whose resource `key` is what others wait for. */
  const keyFirst = ({ target, ...host }: FakeHost): FakeHost => ({
    ...host,
    target: {
      ...target,
      assigned: target.assigned.map(one =>
        one.resource.id === 'key' ? { ...one, resource: madeFirst(one.resource) } : one,
      ),
    },
  });

  it('asks again after each part what that may have changed, and at last everything', async () => {
    const host = fakeHost('a', WANTS, 'none', { asks: [steady] });
    host.bare = true;
    const [outcome] = await run([keyFirst(host)]);
    expect([outcome?.failure, outcome?.roundTrips]).toEqual([null, 4]);
    expect(host.asked.map(names => [names.includes('claim mail'), names.includes('steady')])).toEqual([
      [true, true],
      [true, false],
      [true, false],
      [true, true],
    ]);
  });

  it('asks everything at once after its only change', async () => {
    const host = fakeHost('a', [['key']], 'none', { asks: [steady] });
    host.bare = true;
    const [outcome] = await run([keyFirst(host)]);
    expect([outcome?.failure, host.asked]).toEqual([
      null,
      [
        ['claim key', 'steady'],
        ['claim key', 'steady'],
      ],
    ]);
  });

  it('asks everything at last even where nothing is left to do after a part', async () => {
    const follows = {
      id: 'lock of the key',
      questions: [claimed('key')],
      judge: (observed: Observed) =>
        observed.get(claimed('key')) ? null : change('lock of the key', reason('file-differs', 'no key'), []),
    };
    const host = fakeHost('a', [['key']], 'none', { asks: [steady] });
    host.bare = true;
    const { target } = keyFirst(host);
    const both = { ...target, assigned: [...target.assigned, { task: 'task', resource: follows }] };
    const [outcome] = await run([{ ...host, target: both }]);
    expect([outcome?.failure, host.asked]).toEqual([
      null,
      [['claim key', 'steady'], ['claim key'], ['claim key', 'steady']],
    ]);
  });

  it('stops where what was made for other hosts shows that one cannot be set up, before anything else is changed', async () => {
    const [a, b] = [fakeHost('a', [['key'], ...WANTS.slice(1)]), fakeHost('b', WANTS.slice(1))];
    const hopeless: Resource = {
      id: 'tunnel of b',
      questions: [],
      judge(_, world) {
        throw new Failure('step-failed', `${world.published('a', 'key')} cannot be used`, 'b', '');
      },
    };
    const assigned = a.target.assigned.map(one =>
      one.resource.id === 'key' ? { ...one, resource: { ...one.resource, publish: () => keyOf(a) } } : one,
    );
    Object.assign(a, { target: { ...a.target, assigned, publishes: assigned } });
    const also = { task: 'task', resource: hopeless };
    Object.assign(b, { target: { ...b.target, assigned: [also, ...b.target.assigned] } });
    const outcomes = await run([a, b]);
    expect(outcomes.map(outcome => outcome.failure?.what)).toEqual([
      'not changed: b cannot be set up as described in the inventory',
      'its key cannot be used',
    ]);
    expect(outcomes[0]?.failure?.remedy).not.toContain('nothing was changed');
    expect(a.log).toEqual(['connects', 'takes the lock', 'task: makes key']);
    expect(b.log).toEqual(['connects', 'takes the lock']);
  });

  it('makes everything else although what was tried for other hosts did not work, and says so at the end', async () => {
    const a = fakeHost('a', [['key'], ...WANTS.slice(1)]);
    const assigned = a.target.assigned.map(one => {
      if (one.resource.id !== 'key') return one;
      const judge: Resource['judge'] = (observed, world) => {
        if (a.log.includes('task: makes key')) throw new Failure('step-failed', 'no key was issued', 'a', '');
        return one.resource.judge(observed, world);
      };
      return { ...one, resource: { ...one.resource, judge, publish: () => keyOf(a) } };
    });
    Object.assign(a, { target: { ...a.target, assigned, publishes: assigned } });
    const [outcome] = await run([a]);
    expect(outcome?.failure?.what).toBe('no key was issued');
    expect(a.done).toContain('mail');
  });

  it('locks a bare host in the first exchange, which saves one', async () => {
    const counts = await Promise.all(
      [true, false].map(async bare => {
        const host = Object.assign(fakeHost('a', WANTS.slice(1)), { bare });
        host.done.add('mail');
        const [outcome] = await run([host]);
        return [outcome?.failure, outcome?.roundTrips, host.log.filter(label => label === 'takes the lock').length];
      }),
    );
    // The lock is taken along to the new connection in either case.
    expect(counts).toEqual([
      [null, 3, 1],
      [null, 4, 2],
    ]);
  });

  it.each([
    ['cuts off', (one: Resource): Resource => ({ ...one, leaves: () => 'desk is no longer in the inventory' })],
    ['replaces', (one: Resource): Resource => ({ ...one, foreign: () => '/etc/mail/smtpd.conf' })],
  ])('asks for leave before the first of several moves if the last one %s what it should not', async (_, dangerous) => {
    const first = fakeHost('first', [['mail']]);
    const later = fakeHost('later', [['smtpd.conf']]);
    const assigned = later.target.assigned.map(one => ({ ...one, resource: dangerous(one.resource) }));
    const desire: Desire = (_, ahead) => ({
      assigned: ahead || first.done.has('mail') ? assigned : [],
      held: [],
      move: '',
    });
    Object.assign(later, { target: { ...later.target, desire } });
    const asked: string[] = [];
    const mayTakeOver = async (host: string) => {
      asked.push(`${host}: ${[...first.done]}`);
      return false;
    };
    const outcomes = await run([first, later], false, undefined, mayTakeOver);
    expect(asked).toEqual(['later: ']);
    expect(outcomes.map(({ failure }) => failure === null)).toEqual([true, false]);
    expect(later.done).toEqual(new Set());
  });

  it('locks a host on which a change becomes due when another host has changed', async () => {
    const log: string[] = [];
    const first = fakeHost('a', [['mail']], 'none', { log });
    const later = fakeHost('b', [['old form']]);
    const { assigned } = later.target;
    const desire: Desire = () => ({ assigned: first.done.has('mail') ? assigned : [], held: [], move: '' });
    Object.assign(later, { target: { ...later.target, desire } });
    const outcomes = await run([first, later]);
    expect(later.log).toEqual(['connects', 'takes the lock', 'task: makes old form', 'syncs the disk']);
    expect(outcomes.map(outcome => [outcome.failure, outcome.changes.length])).toEqual([
      [null, 1],
      [null, 1],
    ]);
  });

  it.each([
    ['is known', false],
    ['is unknown if the host may still roll back', true],
  ])('what an unchanged host has in force %s', async (_, armed) => {
    const seen: (boolean | undefined)[] = [];
    const desire: Desire = hosts => {
      seen.push(...['a', 'b'].map(name => hosts.get(name)?.observed !== null));
      return { assigned: [], held: [], move: '' };
    };
    const other = Object.assign(fakeHost('b', []), { armed });
    await run([fakeHost('a', WANTS, 'none', { desire }), other]);
    expect(seen.slice(0, 2)).toEqual([true, !armed]);
    expect(other.log).toEqual(['connects']);
  });

  it('releases what it locked in the first exchange if another run has the rest, and waits', async () => {
    const [a, b] = [fakeHost('a', WANTS), fakeHost('b', WANTS)].map(host => Object.assign(host, { bare: true }));
    if (!a || !b) throw new Error('two hosts');
    b.troubles.set('takes the lock of a fresh host', answer('', 75, 'ana@desk has been changing it since noon'));
    b.troubles.set('takes the lock', answer('', 75, 'ana@desk has been changing it since noon'));
    const outcomes = await run([a, b]);
    expect(outcomes.map(outcome => outcome.changes.filter(change => change.applied))).toEqual([[], []]);
    expect(a.log).toEqual(['connects', 'releases the lock', 'takes the lock']);
  });

  it('changes both ends at once, even if one is reached through the tunnel', async () => {
    const log: string[] = [];
    const caller = fakeHost('a', [['own end', 'lockout']], 'none', { log });
    const called = fakeHost('b', [['far end', 'lockout']], 'none', { log, isCalled: true });
    called.hangs = async () => {
      while (!caller.done.has('own end')) await new Promise(resolve => setTimeout(resolve, 20));
    };
    const outcomes = await run([caller, called]);
    expect(outcomes.map(outcome => outcome.failure)).toEqual([null, null]);
  }, 3000);

  describe('that cuts connections between hosts', () => {
    const CUTS: readonly Want[] = [['key'], ['tunnel', 'lockout', true], ['mail']];
    const ends = () => {
      const log: string[] = [];
      return [fakeHost('a', CUTS, 'none', { log }), fakeHost('b', CUTS, 'none', { log })] as const;
    };

    it('pauses both ends before either is changed, and resumes them when their daemons have started', async () => {
      const [a, b] = ends();
      const outcomes = await run([a, b]);
      expect(outcomes.map(({ failure, roundTrips }) => [failure, roundTrips])).toEqual([
        [null, 5],
        [null, 5],
      ]);
      const { log } = a;
      expect(log.lastIndexOf('stops sending')).toBeLessThan(log.indexOf('task: makes tunnel'));
      expect(log.lastIndexOf('arms the dead-man switch')).toBeLessThan(log.indexOf('task: makes tunnel'));
      for (const label of ['disarms the dead-man switch', 'task: makes mail', 'resumes sending'])
        expect([label, log.filter(one => one === label).length]).toEqual([label, 2]);
      expect(log.indexOf('resumes sending')).toBeGreaterThan(log.indexOf('task: makes mail'));
    });

    it('changes neither if one cannot be paused, and rolls both back', async () => {
      const [a, b] = ends();
      b.troubles.set('stops sending', answer('', 1, 'no'));
      const outcomes = await run([a, b]);
      expect(outcomes.map(({ failure }) => failure?.what)).toEqual([
        'not changed: b could not be made ready; the risky changes were rolled back',
        expect.stringContaining('stops sending failed'),
      ]);
      expect(a.log).not.toContain('task: makes tunnel');
      expect(a.log.filter(label => label === 'rolls back the risky changes')).toHaveLength(2);
    });
  });

  it('repeats a handshake that was too early when all ends are changed, and asks for its result', async () => {
    const asked = fact('claim far end', command(''), text => text);
    const afterRisk = (now: boolean) => ({ call: () => (now ? command('call') : null), asks: [asked] });
    const [early, heard] = [true, false].map(now =>
      fakeHost(now ? 'a' : 'c', [['own end', 'lockout'], ['mail']], 'none', { afterRisk: afterRisk(now) }),
    );
    if (!early || !heard) throw new Error('two hosts');
    for (const host of [early, heard]) host.done.add('far end');
    const outcomes = await run([early, heard, fakeHost('b', [['mail']], 'none', { afterRisk: afterRisk(true) })]);
    const following = ({ log }: FakeHost) => log.slice(log.indexOf('disarms the dead-man switch') + 1);
    expect(following(early)).toEqual(['contacts its neighbours', 'task: makes mail', 'syncs the disk']);
    expect(following(heard)).toEqual(['task: makes mail', 'syncs the disk']);
    expect(outcomes.map(({ settled }) => settled?.get(asked))).toEqual(['yes', 'yes', undefined]);
    expect(outcomes.map(({ roundTrips }) => roundTrips)).toEqual([4, 4, 3]);
  });

  it('arms nothing if nothing is risky', async () => {
    const host = fakeHost('a', [['key'], ['mail']]);
    await run([host]);
    expect(host.log).toEqual(['connects', 'takes the lock', 'task: makes key', 'task: makes mail', 'syncs the disk']);
  });

  it('changes nothing on any host if one is locked by another run', async () => {
    const [a, b] = [fakeHost('a', WANTS), fakeHost('b', WANTS)];
    b.troubles.set('takes the lock', answer('', 75, 'ana@desk has been changing it since noon'));
    const outcomes = await run([a, b]);
    expect(outcomes.map(outcome => outcome.failure?.what)).toEqual([
      'not changed: could not lock b',
      'ana@desk has been changing it since noon',
    ]);
    expect(outcomes.map(outcome => outcome.failure?.remedy)).toEqual([
      'what to do is reported there; nothing was changed on any host',
      'wait until that run has ended and run the same command again; nothing was changed',
    ]);
    expect([...a.done, ...b.done]).toEqual([]);
  });

  it('asks a host again that was changed before it was locked', async () => {
    const host = fakeHost('a', [['key']]);
    host.troubles.set('takes the lock', answer('changed\nnote took over the lock of ana@desk\n'));
    host.done.delete('key');
    const [outcome] = await run([host]);
    expect([outcome?.roundTrips, outcome?.notes]).toEqual([4, ['took over the lock of ana@desk']]);
  });
});

describe('a risky change', () => {
  it('is rolled back at once if one of its steps fails', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('task: makes tunnel', answer('', 1, 'ifconfig: no'));
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toMatch(/^task: makes tunnel failed .*; the risky changes were rolled back$/s);
    expect(host.log.at(-1)).toBe('rolls back the risky changes');
    expect(host.done).toEqual(new Set(['key']));
  });

  it('is not mentioned if the failure came before it', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('task: makes key', answer('', 1));
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toBe('task: makes key failed with exit status 1');
    expect(host.log).not.toContain('rolls back the risky changes');
  });

  it('is rolled back over the old connection if a new one cannot be opened', async () => {
    const host = fakeHost('a', WANTS);
    host.refusals = 1000;
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toBe('connection refused; the risky changes were rolled back');
    expect(outcome?.changes.map(change => [change.resource, change.applied])).toEqual([
      ['key', true],
      ['tunnel', false],
      ['boot file', false],
      ['mail', false],
    ]);
  }, 30_000);

  it('is rolled back on both ends if one of them cannot confirm it', async () => {
    const [a, b] = [fakeHost('a', WANTS, 'verification'), fakeHost('b', WANTS, 'verification')];
    b.troubles.set('verifies that the tunnel works', answer('', 1, 'no answer'));
    const outcomes = await run([a, b]);
    expect(outcomes.map(outcome => outcome.failure?.what)).toEqual([
      'the tunnel was not verified on b; the risky changes were rolled back',
      'the tunnel does not work after the change: no answer; the risky changes were rolled back',
    ]);
    expect([a.done, b.done]).toEqual([new Set(['key']), new Set(['key'])]);
  });

  it('is made once more where it was undone by another end, which was not changed yet', async () => {
    const [a, b] = [fakeHost('a', WANTS, 'verification'), fakeHost('b', WANTS, 'verification')];
    a.troubles.set('task: makes tunnel', answer());
    const outcomes = await run([a, b]);
    expect(outcomes.map(outcome => outcome.failure)).toEqual([null, null]);
    expect(a.log.filter(label => /tunnel|switch/.test(label))).toEqual([
      'arms the dead-man switch',
      'task: makes tunnel',
      'verifies that the tunnel works',
      'disarms the dead-man switch',
    ]);
    expect([a.done, b.done]).toEqual([new Set(WANTS.map(([name]) => name)), new Set(WANTS.map(([name]) => name))]);
  });

  it('is rolled back if it does not hold then either', async () => {
    const host = fakeHost('a', WANTS);
    host.never.add('tunnel');
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toBe(
      'tunnel still differs after the change: not so; the risky changes were rolled back',
    );
    expect(host.log.filter(label => label === 'task: makes tunnel')).toHaveLength(2);
  });

  it('is kept if the connection led through it and a new one finds it made and armed', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('task: makes tunnel', 'lost after');
    const [outcome] = await run([host]);
    expect(outcome?.failure).toBeNull();
    expect(host.log.slice(-5)).toEqual([
      'takes the lock',
      'disarms the dead-man switch',
      'task: makes boot file',
      'task: makes mail',
      'syncs the disk',
    ]);
  });

  it('is rolled back if the connection was lost and a new one finds it incomplete', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('task: makes tunnel', 'lost before');
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toBe(
      'tunnel still differs after the change: not so; the risky changes were rolled back',
    );
  });

  it('does not exist if the connection was lost before the switch was armed', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('arms the dead-man switch', 'lost before');
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toBe('the connection was lost before a risky change');
    expect(host.log).not.toContain('rolls back the risky changes');
  });

  it('is reported as rolled back by the host if its timer fired before the confirmation', async () => {
    const host = fakeHost('a', WANTS);
    host.troubles.set('disarms the dead-man switch', answer('', 1, 'too late'));
    const [outcome] = await run([host]);
    expect(outcome?.failure?.what).toMatch(/^confirmed too late: the host had already rolled back/);
    expect(outcome?.changes.find(change => change.resource === 'tunnel')?.applied).toBe(false);
  });
});
