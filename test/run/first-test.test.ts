/** A neighbour that cannot be asked has to answer before a risky change, or that is not begun. */
import { describe, expect, it } from 'vitest';
import { command } from '../../src/run/command.ts';
import { Failure } from '../../src/run/failure.ts';
import { answer } from '../answers.ts';
import { fakeHost, run, type Want } from './fake-host.ts';

const WANTS: readonly Want[] = [['key'], ['tunnel', 'lockout'], ['mail']];
const TESTS = 'verifies that the far tunnel works';

/** A host, and the hosts that it was told to be away. */
function testing(name: string, wants = WANTS) {
  const told: string[][] = [];
  const host = fakeHost(name, wants, 'verification', {
    trial: (_, __, away) => {
      told.push([...away]);
      return away.size > 0 ? { of: 'the far tunnel', command: command('test it') } : null;
    },
  });
  return { host, told };
}
const away = () =>
  fakeHost('far', WANTS, 'none', {
    connect: async () => {
      throw new Failure('connection-refused', 'refused', 'far', '');
    },
  });

describe('a risky change', () => {
  it('is begun if the neighbour that cannot be asked answers', async () => {
    const { host, told } = testing('a');
    const [outcome] = await run([host, away()]);
    expect(outcome?.failure).toBeNull();
    expect(told).toEqual([['far']]);
    expect(host.log.indexOf(TESTS)).toBeLessThan(host.log.indexOf('arms the dead-man switch'));
    expect(host.log).toContain(TESTS);
  });
  it('is not begun if it does not; the other hosts go on', async () => {
    const { host } = testing('a');
    host.troubles.set(TESTS, answer('', 1, 'far does not answer now'));
    const other = testing('b');
    const [outcome, next] = await run([host, other.host, away()]);
    expect(outcome?.failure).toMatchObject({ code: 'not-verifiable' });
    expect(outcome?.failure?.what).toContain('far does not answer now');
    expect(host.log).not.toContain('arms the dead-man switch');
    expect(host.done).toEqual(new Set());
    expect(next?.failure).toBeNull();
  });
  it('needs no test where nothing is away, or nothing risky is due', async () => {
    const { host, told } = testing('a');
    expect((await run([host]))[0]?.failure).toBeNull();
    expect(told).toEqual([[]]);
    const calm = testing('c', [['key'], ['mail']]);
    expect((await run([calm.host, away()]))[0]?.failure).toBeNull();
    expect(calm.told).toEqual([]);
  });
});
