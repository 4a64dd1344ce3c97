import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionsTo } from '../../../src/commands/connections.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { putStep } from '../../../src/resources/file.ts';
import { command } from '../../../src/run/command.ts';
import { converge } from '../../../src/run/converge.ts';
import { change, type Resource, reason } from '../../../src/run/resource.ts';
import type { Outcome } from '../../../src/run/target.ts';
import { DEAD_MAN } from '../../../src/tasks/rollback.ts';
import { labCalled } from '../driver/on-host.ts';

const lab = labCalled('deadman');

beforeAll(async () => {
  await lab.up();
  await lab.must('namorar', 'pfctl -e; pfctl -f /etc/pf.conf');
}, 120_000);
afterAll(() => lab.down());

/** Rules that let nobody in any more, and a last step that comes after they are loaded. */
const lockedOut = (after: string): Resource => ({
  id: '/etc/pf.conf',
  questions: [{ kind: 'file', path: '/etc/pf.conf', want: 'content' }],
  judge(observed) {
    const now = observed.file('/etc/pf.conf');
    const text = 'block in quick proto tcp to port 22\npass\n';
    if (now.content?.toString() === text) return null;
    const load = {
      label: 'loads it',
      command: command('keep_running pf rules && pfctl -f /etc/pf.conf && eval "$1"', after),
    };
    return change('/etc/pf.conf', reason('file-differs', 'a mistake'), [putStep(now, now, text), load], {
      risk: 'lockout',
    });
  },
});

const lockOut = async (after: string, seconds: number): Promise<Outcome> => {
  const path = '/var/tmp/mailtun-lab/deadman/inventory.yaml';
  const fleet = readInventory(path, readFileSync(path, 'utf8'));
  const connections = connectionsTo(fleet, `TEST-${Date.now()}`);
  const host = fleet.hosts.find(one => one.name === 'namorar');
  if (!host) throw new Error('no namorar');
  const target = {
    host: host.name,
    assigned: [{ task: 'packet-filter', resource: lockedOut(after) }],
    publishes: [],
    connect: () => connections.connect(host),
    reconnect: () => connections.reconnect(host),
  };
  const [outcome] = await converge([target], {
    check: false,
    mayTakeOver: async () => true,
    onProgress: () => {},
    concurrency: 1,
    provided: new Map(),
    deadMan: DEAD_MAN,
    deadManSeconds: seconds,
  });
  if (!outcome) throw new Error('no outcome');
  return outcome;
};

const rules = (): Promise<string> =>
  lab.must(
    'namorar',
    'pfctl -sr; sha256 -q /etc/pf.conf; ls -d /var/db/mailtun/armed /var/db/mailtun/ending-* 2>/dev/null; exit 0',
  );

test('rules that block ssh are rolled back over the existing connection, and the run reports it', async () => {
  const before = await rules();
  const outcome = await lockOut(':', 40);
  expect(outcome.failure?.what).toMatch(/; the risky changes were rolled back$/);
  expect(outcome.changes.map(one => one.applied)).toEqual([false]);
  expect(await rules()).toBe(before);
});

// Shorter and longer than a new connection is tried for.
test.each([12, 22])('if that one is cut as well, the host rolls them back by itself after its %d s', async seconds => {
  const before = await rules();
  const outcome = await lockOut('kill -9 $(ps -o ppid= -p $$)', seconds);
  expect(outcome.failure?.what).toContain(`; the host rolled back by itself after ${seconds} s`);
  expect(outcome.notes).toEqual([expect.stringContaining('rolled back the unconfirmed change')]);
  expect(await rules()).toBe(before);
});
