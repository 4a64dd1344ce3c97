import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { hostState } from '../driver/host-state.ts';
import { eventually, mailtun, provisioned, started } from '../driver/mailtun.ts';
import { ENDS, type RotationLab, rotationLab } from '../driver/rotation.ts';

const HOSTS = ['namorar', 'carinho', 'mimando'] as const;

let lab: RotationLab;
let bare: readonly string[];

const states = (): Promise<string[]> => Promise.all(HOSTS.map(host => hostState(lab, host)));

beforeAll(async () => {
  lab = await rotationLab('undo');
  await lab.up();
}, 120_000);
beforeEach(async () => {
  await lab.lab('fresh', 'all');
  bare = await states();
  expect((await provisioned(lab.name)).exit).toBe(0);
  // A first handshake that came before the far end was there is repeated after 5 s.
  await lab.recovers(20);
});
afterEach(async () => {
  for (const host of HOSTS) expect(await lab.must(host, 'ls -d /var/run/mailtun.lock; exit 0')).toBe('');
});
afterAll(() => lab?.down());

const undo = (...words: readonly string[]) => mailtun(lab.name, 'undo', 'inventory.yaml', ...words);

/** The lab's inventory with something else in it. */
function edited(edit: (text: string) => string): string {
  const path = `/var/tmp/mailtun-lab/${lab.name}/edited.yaml`;
  writeFileSync(path, edit(readFileSync(lab.inventory, 'utf8')));
  return path;
}

test('after provision and undo the hosts are as before, byte for byte and in what runs', async () => {
  expect(await states()).not.toEqual(bare);
  const { exit, stdout } = await undo('--json');
  expect(exit).toBe(0);
  const document = JSON.parse(stdout);
  expect([document.command, document.totals.failed]).toEqual(['undo', 0]);
  expect(document.hosts.every((host: { roundTrips: number }) => host.roundTrips <= 6)).toBe(true);
  expect(await states()).toEqual(bare);
});

test('--check shows what would be restored and restores nothing; secrets are never shown', async () => {
  const before = await states();
  const { exit, stdout } = await undo('--check', '--diff');
  expect(exit).toBe(2);
  expect(stdout).toContain('undo: /etc/mail/smtpd.conf: was replaced');
  expect(stdout).toContain('-# Written by mailtun');
  expect(stdout).not.toMatch(/PRIVATE KEY|^[-+]mailuser/m);
  expect(await states()).toEqual(before);
});

test('each undo goes one run further back, on all hosts together', async () => {
  const first = await states();
  const wider = edited(text => text.replace(/^mail:/m, 'tunnel: { keepalive: 20 }\nmail:'));
  expect((await mailtun(lab.name, 'provision', wider)).exit).toBe(0);
  expect((await mailtun(lab.name, 'rotate-keys', wider)).exit).toBe(0);
  expect((await undo()).exit).toBe(0);
  expect((await mailtun(lab.name, 'provision', wider, '--check')).exit).toBe(0);
  expect((await undo()).exit).toBe(0);
  await lab.recovers(20);
  expect(await states()).toEqual(first);
  expect((await provisioned(lab.name, '--check')).exit).toBe(0);
  expect((await undo()).exit).toBe(0);
  expect(await states()).toEqual(bare);
});

test('undo --all removes everything but keys, and with --keys the keys as well', async () => {
  expect((await mailtun(lab.name, 'rotate-keys', 'inventory.yaml')).exit).toBe(0);
  expect((await undo('--all')).exit).toBe(0);
  expect(await lab.must('carinho', 'ls /root/KEY_PRIVATE /etc/hostname.wg0 2>/dev/null; exit 0')).toBe(
    '/root/KEY_PRIVATE\n',
  );
  expect((await undo('--all', '--keys')).exit).toBe(0);
  expect(await states()).toEqual(bare);
  for (const host of HOSTS) expect(await lab.must(host, 'ls -d /var/db/mailtun 2>/dev/null; exit 0')).toBe('');
});

test('an old smtpd.conf that smtpd refuses keeps every host as it is; where smtpd did not run, it goes back', async () => {
  const kept = '/var/db/mailtun/undo/*/files/etc/mail/smtpd.conf';
  await lab.must('mimando', `echo 'nonsense on' >>$(ls ${kept})`);
  const before = await states();
  const { exit, stdout } = await undo();
  expect([exit, stdout]).toEqual([1, expect.stringContaining('smtpd -n refuses the old /etc/mail/smtpd.conf')]);
  expect(await states()).toEqual(before);
  await lab.must('mimando', "sed -i 's/^service smtpd running/service smtpd stopped/' /var/db/mailtun/undo/*/list");
  expect((await undo()).exit).toBe(0);
  expect(await lab.must('mimando', 'tail -n 1 /etc/mail/smtpd.conf; rcctl check smtpd; exit 0')).toBe(
    'nonsense on\nsmtpd(failed)\n',
  );
});

// What smtpd has taken after the question is put into the spool by hand, when the undo pauses smtpd to end it.
test('mail that comes while an undo is under way keeps its action, and the host its files', async () => {
  const before = await hostState(lab, 'carinho');
  await lab.must('carinho', 'smtpctl pause mta');
  await lab.must('internet', '/usr/local/lab/send alice@internet.example test@example.com late </dev/null');
  await lab.must(
    'carinho',
    `until smtpctl show queue | grep -q test@; do sleep 0.1; done
     cp -Rp /var/spool/smtpd/queue /tmp/late && smtpctl remove all && smtpctl resume mta`,
  );
  const comes = lab.must(
    'carinho',
    `until smtpctl show status | grep -q 'MDA paused'; do :; done; cp -Rp /tmp/late/* /var/spool/smtpd/queue/`,
  );
  const { exit, stdout } = await undo('--all', '--host', 'carinho');
  await comes;
  expect([exit, stdout]).toEqual([1, expect.stringContaining('mail is queued for the action forward_to_mimando.lan')]);
  await eventually(lab, 'carinho', 'set -- /var/spool/smtpd/queue/*/*; [ ! -e "$1" ]');
  expect(await lab.must('mimando', 'cat /home/jay/maildir/in/new/*')).toContain('Subject: late');
  expect(await hostState(lab, 'carinho')).toBe(before);
  expect((await undo('--all', '--host', 'carinho')).exit).toBe(0);
  expect(await hostState(lab, 'carinho')).not.toBe(before);
});

test('smtpd that an undo has stopped runs again where that was killed, and the next undo goes through', async () => {
  const newer = await states();
  const killed = started(lab.name, 'undo', 'inventory.yaml', '--concurrency', '1');
  await lab.must('namorar', 'until [ -e /var/run/mailtun.stopped ]; do :; done');
  killed.kill('SIGKILL');
  await killed;
  await eventually(lab, 'namorar', 'test ! -e /var/run/mailtun.stopped && pgrep -x -u root -P 1 smtpd', 90);
  expect(await states()).toEqual(newer);
  expect((await undo()).exit).toBe(0);
  expect(await states()).toEqual(bare);
});

test('of two runs at once one makes all changes; the other names it and makes none', async () => {
  await lab.must('namorar', 'echo >>/etc/mail/smtpd.conf');
  await lab.must('mimando', 'echo >>/etc/mail/smtpd.conf');
  const first = started(lab.name, 'provision', 'inventory.yaml', '--json');
  await lab.must('namorar', 'until [ -e /var/run/mailtun.lock/owner ]; do sleep 0.02; done');
  // In the middle of its work, for as long as it takes.
  first.kill('SIGSTOP');
  const lost = await provisioned(lab.name);
  first.kill('SIGCONT');
  const { exitCode, stdout } = await first;
  expect([exitCode, JSON.parse(stdout).totals.changed]).toEqual([0, 4]);
  expect([lost.exit, lost.document.totals.changed]).toEqual([1, 0]);
  expect(lost.document.hosts[0]?.error?.what).toMatch(/^\S+@\S+ has been changing it since \S+Z/);
});

test('a run that was killed leaves a lock, which the next one takes over and reports', async () => {
  await lab.must(
    'mimando',
    'mkdir /var/run/mailtun.lock; print "RUN\\n99999\\nlong ago\\n2026-01-01T00:00:00Z\\nana@desk" >/var/run/mailtun.lock/owner',
  );
  await lab.must('mimando', 'echo >>/etc/mail/smtpd.conf');
  const { exit, stderr } = await provisioned(lab.name);
  expect([exit, stderr]).toEqual([
    0,
    expect.stringContaining('mimando: took over the lock of ana@desk since 2026-01-01T00:00:00Z'),
  ]);
});

test('a port changes on a tunnel in use under the dead-man switch, verified before smtpd is restarted', async () => {
  const other = edited(text => text.replace(/^mail:/m, 'tunnel: { port: 6999 }\nmail:'));
  const { exit, stdout } = await mailtun(lab.name, 'provision', other);
  expect(exit).toBe(0);
  for (const { host } of ENDS) {
    const place = (line: string): number => stdout.indexOf(`${host}: ${line}`);
    const order = [
      'arms the dead-man switch',
      'wireguard: wg0',
      'verifies that the tunnel works',
      'disarms',
      'wireguard: writes /etc/hostname.wg0',
    ];
    expect(order.map(place)).toEqual(order.map(place).toSorted((a, b) => a - b));
    expect(place('arms')).toBeGreaterThan(-1);
  }
  await lab.recovers(10);
});

test('an endpoint that does not answer is rolled back on both sides, and the run fails', async () => {
  const before = await states();
  const wrong = edited(text =>
    text.replace('endpoint: 192.0.2.25', 'endpoint: 198.51.100.1').replace(/^mail:/m, 'tunnel: { port: 6999 }\nmail:'),
  );
  const { exit, stdout } = await mailtun(lab.name, 'provision', wrong);
  expect([exit, stdout]).toEqual([1, expect.stringContaining('the risky changes were rolled back')]);
  await lab.recovers(20);
  expect(await states()).toEqual(before);
});
