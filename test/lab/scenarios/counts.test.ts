/** What a run costs, counted: exchanges, what a login waits for, processes on a host, starts of smtpd. Times are the bench's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Line, openLine } from '../driver/line.ts';
import { startsOf } from '../driver/logs.ts';
import { mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'counts';
const STATE = `/var/tmp/mailtun-lab/${LAB}`;
const lab = labCalled(LAB);
const HOSTS = ['namorar', 'carinho', 'mimando'] as const;
let lines: readonly Line[] = [];

/** An inventory that leads through lines long enough for what is sent together to arrive together. */
async function throughLines(): Promise<string> {
  const config = readFileSync(join(STATE, 'ssh_config'), 'utf8');
  const addresses = HOSTS.map(name => new RegExp(`^Host ${name}\\n  HostName (\\S+)`, 'm').exec(config)?.[1] ?? '');
  lines = await Promise.all(addresses.map(address => openLine(address, 22, { roundTripMilliseconds: 200 })));
  const text = addresses.reduce(
    (inventory, address, index) =>
      inventory.replace(`host: ${address}\n`, `host: 127.0.0.1\n      port: ${lines[index]?.port}\n`),
    readFileSync(join(STATE, 'inventory.yaml'), 'utf8'),
  );
  const path = join(STATE, 'through-lines.yaml');
  writeFileSync(path, text);
  return path;
}

/** How many processes a host has started since it was up, by the last id it gave out; looking is one itself. */
async function processesOn(host: string): Promise<number> {
  const [init = ''] = readFileSync(join(STATE, host, 'init'), 'utf8').split(' ');
  const { stdout } = await execa('nsenter', [`--pid=/proc/${init}/ns/pid`, 'cat', '/proc/sys/kernel/ns_last_pid']);
  return Number(stdout);
}

/** How many processes each host has started since `before`, but for those that looked. */
async function startedSince(before: readonly number[]): Promise<readonly number[]> {
  const after = await Promise.all(HOSTS.map(processesOn));
  return after.map((last, index) => last - (before[index] ?? 0) - 1);
}

/** Ends the tunnel watch, and keeps cron from starting it again: it has processes of its own every few seconds. */
const WITHOUT_WATCH = `
pkill -STOP -x cron
echo none >/var/run/mailtun.watching
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do pgrep -f "watch wg[0]" >/dev/null || exit 0; sleep 2; done
exit 1
`;

/** The fewest processes that each host started in one of three runs: a ping that is lost is sent again. */
async function fewestIn(run: () => Promise<void>): Promise<readonly number[]> {
  const turns: (readonly number[])[] = [];
  while (turns.length < 3) {
    const before = await Promise.all(HOSTS.map(processesOn));
    await run();
    turns.push(await startedSince(before));
  }
  return HOSTS.map((_, index) => Math.min(...turns.map(started => started[index] ?? Number.NaN)));
}

beforeAll(() => lab.up());
afterAll(async () => {
  for (const line of lines) line.close();
  await lab.down();
});

test('a first run takes four exchanges a host, starts smtpd once, and no more processes than these', async () => {
  const before = await Promise.all(HOSTS.map(host => startsOf(lab, host)));
  const idle = await Promise.all(HOSTS.map(processesOn));
  const { exit, document } = await provisioned(LAB);
  expect([exit, document.hosts.map(host => host.roundTrips)]).toEqual([0, [4, 4, 3]]);
  const started = await startedSince(idle);
  const after = await Promise.all(HOSTS.map(host => startsOf(lab, host)));
  expect(after.map((starts, index) => starts - (before[index] ?? 0))).toEqual([1, 1, 1]);
  // The slower the machine, the oftener smtpd's listeners are looked for, and the tunnel watch may run.
  expect(started.map((count, index) => count <= ([500, 510, 225][index] ?? 0))).toEqual([true, true, true]);
});

test('a converged run takes one, and no more processes on a host than these', async () => {
  await Promise.all(HOSTS.map(host => lab.must(host, WITHOUT_WATCH)));
  const started = await fewestIn(async () => {
    const { document } = await provisioned(LAB);
    expect(document.totals).toMatchObject({ changed: 0, failed: 0 });
    expect(document.hosts.map(host => host.roundTrips)).toEqual([1, 1, 1]);
  });
  // sshd's own and all subshells count.
  expect(started.map((count, index) => count <= ([22, 24, 16][index] ?? 0))).toEqual([true, true, true]);
});

test('status starts no more processes on a host than these', async () => {
  const started = await fewestIn(async () => {
    expect(await mailtun(LAB, 'status', 'inventory.yaml')).toMatchObject({ exit: 0 });
  });
  expect(started.map((count, index) => count <= ([102, 90, 57][index] ?? 0))).toEqual([true, true, true]);
});

test('status and --check wait for a host no more often than a login has to', async () => {
  const inventory = await throughLines();
  for (const words of [['status'], ['provision', '--check']]) {
    for (const line of lines) line.turns = 0;
    expect(await mailtun(LAB, ...words, inventory)).toMatchObject({ exit: 0 });
    // Greeting, algorithms, key, login, channel, command, and at the end the goodbye.
    expect(lines.map(({ turns }) => turns <= 7)).toEqual([true, true, true]);
  }
});

test('a rotation takes nine exchanges at most, including the verification of both ends', async () => {
  const { exit, stdout } = await mailtun(LAB, 'rotate-keys', 'inventory.yaml', '--json');
  expect(exit).toBe(0);
  const hosts: readonly { readonly roundTrips: number }[] = JSON.parse(stdout).hosts;
  expect(hosts.map(({ roundTrips }) => roundTrips <= 9)).toEqual([true, true]);
});
