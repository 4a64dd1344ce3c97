import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { ENDS, type RotationLab, rotationLab } from '../driver/rotation.ts';

const ROTATIONS = 20;
const PING_SECONDS = 0.02;

let lab: RotationLab;

beforeAll(async () => {
  lab = await rotationLab('rotate');
  await lab.provision();
  // What an earlier run that was broken off sent out has the same subjects.
  await lab.lab('outbox', '--clear');
  await lab.recovers(20);
}, 120_000);

afterAll(() => lab?.down());

/** A ping every 20 ms until it is stopped; then what became of it. */
function pinging(host: string, far: string) {
  const running = execa('scripts/lab', ['exec', host, '--', 'ping6', '-n', '-i', String(PING_SECONDS), far], {
    env: { LAB: lab.name },
    reject: false,
  });
  return async () => {
    await lab.on(host, 'pkill -INT -f "ping6? -n"');
    const { stdout } = await running;
    const answers = [...stdout.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms/g)].map(match => ({
      sequence: Number(match[1]),
      seconds: Number(match[2]) / 1000,
    }));
    return stallsOf(answers);
  };
}

/** How many answers are missing, and how long nothing came at worst: a late answer, or several missing in a row. */
function stallsOf(answers: readonly { sequence: number; seconds: number }[]) {
  const got = answers.map(answer => answer.sequence).toSorted((a, b) => a - b);
  const gaps = got.slice(1).map((sequence, index) => sequence - (got[index] ?? sequence) - 1);
  const latest = Math.max(...answers.map(answer => answer.seconds));
  return {
    sent: answers.length,
    lost: gaps.reduce((sum, gap) => sum + gap, 0),
    longestStallSeconds: Math.max(latest, (Math.max(...gaps) + 1) * PING_SECONDS),
  };
}

/** Mails one after the other, in both directions, until they are stopped; then how many were handed over. */
function mailing() {
  const out = `i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); print "From: test@example.com\\nSubject: out $i\\n\\nhello" |
    sendmail -f test@example.com sender@internet.example || exit 1; sleep 0.1; done; echo $i`;
  const inward = `i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); /usr/local/lab/send sender@internet.example \\
    test@example.com "in $i" </dev/null >/dev/null || exit 1; sleep 0.1; done; echo $i`;
  const running = [inShell('mimando', out), inShell('internet', inward)];
  return async () => {
    await Promise.all(['mimando', 'internet'].map(host => lab.must(host, ': >/tmp/stop')));
    const [sentOut, sentIn] = await Promise.all(running);
    return { out: Number(sentOut?.stdout), inward: Number(sentIn?.stdout) };
  };
}

/** For as long as it takes. */
const inShell = (host: string, line: string) =>
  execa('scripts/lab', ['exec', host, '--', '/bin/sh', '-c', line], { env: { LAB: lab.name }, stdin: 'ignore' });

const subjects = async (...words: readonly string[]): Promise<string[]> => {
  const { stdout } = await execa('scripts/lab', words, { env: { LAB: lab.name } });
  return [...stdout.matchAll(/^Subject: (.+)$/gm)].map(match => match[1] ?? '').toSorted();
};

const inbox = () => subjects('inbox', 'jay@mimando');

const numbered = (word: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${word} ${index + 1}`).toSorted();

test(`${ROTATIONS} rotations under mail lose no mail, and of the pings only those in transit at the switch`, async () => {
  const stopMail = mailing();
  const stopPings = ENDS.map(({ host, far }) => pinging(host, far));
  const keys = new Set<string>();
  for (let turn = 0; turn < ROTATIONS; turn++) {
    const { exit, stdout, stderr } = await mailtun(lab.name, 'rotate-keys', 'inventory.yaml');
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: '' });
    keys.add(await lab.must('carinho', 'cat /root/KEY_PUBLIC'));
    await delay(1000);
  }
  const pings = await Promise.all(stopPings.map(stop => stop()));
  const sent = await stopMail();
  console.log(JSON.stringify({ rotations: ROTATIONS, pings, sent }));

  expect(keys.size).toBe(ROTATIONS);
  await eventually(lab, 'internet', `[ $(ls /var/outbox | grep -c '^[0-9]') -ge ${sent.out} ]`, 60);
  await vi.waitUntil(async () => (await inbox()).length >= sent.inward, { timeout: 60_000, interval: 500 });
  for (const host of ['namorar', 'carinho', 'mimando'])
    await eventually(lab, host, '[ -z "$(smtpctl show queue)" ]', 60);
  expect(await inbox()).toEqual(numbered('in', sent.inward));
  expect(await subjects('outbox')).toEqual(numbered('out', sent.out));
  expect(sent.inward + sent.out).toBeGreaterThan(300);
  for (const { sent: pinged, lost, longestStallSeconds } of pings) {
    expect(pinged).toBeGreaterThan(1000);
    // What is under way between the two switches: one a rotation, more where the lab's ifconfig(8) takes 20 ms to start.
    expect(lost).toBeLessThanOrEqual(1.5 * ROTATIONS);
    // Two handshakes that cross, or one that comes too early, are repeated after 5 s.
    expect(longestStallSeconds).toBeLessThan(0.3);
  }
}, 600_000);

test('afterwards provision changes nothing, and the old key is kept beside the new one', async () => {
  const { exit, document } = await provisioned(lab.name);
  expect([exit, document.totals.changed]).toEqual([0, 0]);
  expect(document.hosts.map(host => host.roundTrips)).toEqual([1, 1, 1]);
  for (const { host } of ENDS)
    expect(await lab.must(host, 'cd /root && ls KEY_*; cmp -s KEY_PRIVATE KEY_PRIVATE.old || echo differ')).toBe(
      'KEY_PRIVATE\nKEY_PRIVATE.old\nKEY_PUBLIC\ndiffer\n',
    );
});

test('--check prints whose keys would change and changes none', async () => {
  const before = await lab.must('carinho', 'cat /root/KEY_PUBLIC; ls /root /var/db/mailtun /var/db/mailtun/undo');
  const { exit, stdout } = await mailtun(lab.name, 'rotate-keys', 'inventory.yaml', '--check', '--json');
  const document = JSON.parse(stdout);
  expect([exit, document.totals]).toEqual([2, { rotated: 2, failed: 0 }]);
  expect(document.hosts.map((host: { rotated: boolean }) => host.rotated)).toEqual([false, false]);
  expect(await lab.must('carinho', 'cat /root/KEY_PUBLIC; ls /root /var/db/mailtun /var/db/mailtun/undo')).toBe(before);
});

test('after a reboot of both ends the tunnel is there with the new keys', async () => {
  await Promise.all(ENDS.map(({ host }) => lab.lab('reboot', host)));
  await lab.recovers(30);
  const { exit } = await provisioned(lab.name, '--check');
  expect(exit).toBe(0);
});

test('a preshared key rotates too, and the relay knows it', async () => {
  const path = `/var/tmp/mailtun-lab/${lab.name}/preshared.yaml`;
  writeFileSync(path, readFileSync(lab.inventory, 'utf8').replace(/^mail:/m, 'tunnel: { preshared_key: true }\nmail:'));
  expect((await mailtun(lab.name, 'provision', path)).exit).toBe(0);
  const secrets = () => lab.must('carinho', 'cat /root/KEY_PRESHARED.namorar');
  const before = await secrets();
  expect(await lab.must('namorar', 'cat /root/KEY_PRESHARED.carinho')).toBe(before);
  const { exit, stdout } = await mailtun(lab.name, 'rotate-keys', path, '--verbose');
  expect([exit, stdout.includes(before.trim())]).toEqual([0, false]);
  const after = await secrets();
  expect(after).not.toBe(before);
  expect(await lab.must('namorar', 'cat /root/KEY_PRESHARED.carinho')).toBe(after);
  expect(await lab.isWell()).toBe(true);
  expect((await mailtun(lab.name, 'provision', path, '--check')).exit).toBe(0);
});
