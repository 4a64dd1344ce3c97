import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/run/target.ts';
import { waits } from '../../src/run/waits.ts';
import { fakeHost, run } from './fake-host.ts';

const reported = (events: readonly Progress[]): string[] =>
  events.filter(({ state }) => state === 'waiting').map(({ host, label }) => `${host} ${label}`);

describe('a host that has finished a stage', () => {
  it('reports for which hosts it waits, and afterwards how long it waited and for which one', async () => {
    const events: Progress[] = [];
    const wait = waits(['a', 'b', 'c'], 'the proof', event => events.push(event));
    wait.ready('b');
    await delay(60);
    wait.ready('c');
    wait.ready('a');
    wait.over();
    const [first, second, third, ...rest] = reported(events);
    expect([first, second, rest]).toEqual(['b waits for a, c: the proof', 'c waits for a: the proof', []]);
    expect(third).toMatch(/^b waited 0\.0[4-9] s for a: the proof$|^b waited 0\.[1-9]\d s for a: the proof$/);
  });

  it('names three of many', () => {
    const events: Progress[] = [];
    waits(['a', 'b', 'c', 'd', 'e', 'f'], 'its changes', event => events.push(event)).ready('f');
    expect(reported(events)).toEqual(['f waits for a, b, c and 2 more: its changes']);
  });

  it('does not wait if it is the only one', async () => {
    const events: Progress[] = [];
    await run([fakeHost('a', [['key'], ['tunnel', 'lockout'], ['mail']])], false, event => events.push(event));
    expect([events.length > 5, reported(events)]).toEqual([true, []]);
  });

  it('waits in each stage for a slower one', async () => {
    const events: Progress[] = [];
    const [quick, slow] = ['a', 'b'].map(name => fakeHost(name, [['tunnel', 'lockout'], ['mail']]));
    if (!quick || !slow) throw new Error('two hosts');
    slow.hangs = () => delay(50);
    await run([quick, slow], false, event => events.push(event));
    expect(reported(events)).toContain('a waits for b: changes under the dead-man switch');
    expect(reported(events).some(line => /^a waited 0\.\d\d s for b: changes under/.test(line))).toBe(true);
  });
});
