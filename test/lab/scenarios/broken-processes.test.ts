import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { type Bench, instead, inventoryOf, outOfProcesses } from './broken.ts';
import { recovering } from './recovering.ts';

const NAME = 'processes';
const HOST = 'mimando';
const lab = labCalled(NAME);
const bench: Bench = { lab, name: NAME, host: HOST };
const { provisionHost, lacksBlock, nothingIsLeftBehind, isRecovered } = recovering(bench);

beforeAll(async () => {
  await lab.up();
  const { document } = await provisioned(NAME);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
});
afterAll(() => lab.down());

const smtpd = async (): Promise<string> => (await lab.must(HOST, 'pgrep -oxf /usr/sbin/smtpd')).trim();

/** What smtpd reads is younger than its start: it has to be restarted. */
const restartIsDue = 'touch /etc/mail/smtpd.conf';

describe('an smtpd that does not end', () => {
  test('is killed after 30 s (rc.subr), and the run completes', async () => {
    const before = await smtpd();
    await lab.must(HOST, `${restartIsDue}; pkill -STOP -xf /usr/sbin/smtpd`);
    const { exit, error } = await provisionHost(inventoryOf(bench));
    expect(error).toBeNull();
    expect(exit).toBe(0);
    expect(await smtpd()).not.toBe(before);
    await isRecovered();
  });

  // rc.subr looks once more before it starts a daemon, finds one, and says nothing: rcctl exits 0.
  test('even when it is killed makes the run fail with that reason; the next one recovers', async () => {
    const before = await smtpd();
    await lab.must(HOST, `${restartIsDue}; pkill -STOP -xf /usr/sbin/smtpd`);
    const broken = await instead(bench, '/usr/bin/pkill', 'exit 0');
    const { exit, error } = await provisionHost(broken.inventory);
    await broken.repair();
    expect(exit).toBe(1);
    expect(error.what).toMatch(/restarts smtpd failed with exit status 1:\n/);
    expect(error.what).toMatch(/smtpd does not exit, not even when it is killed; the old one still runs$/);
    expect(error).toMatchObject({ where: HOST, remedy: expect.stringContaining('run the same command again') });
    expect(await smtpd()).toBe(before);
    await nothingIsLeftBehind();
    await isRecovered();
    expect(await smtpd()).not.toBe(before);
  });
});

describe('a host without a process to spare', () => {
  const NONE = 'the host cannot start another process';
  // OpenBSD's ksh ends where it cannot fork; mksh goes on, without a lock.
  const clear = new RegExp(
    `^the lock could not be taken: .* fork|^${NONE} while running "|port 22 ended the connection (before its greeting|during the key exchange)|refuses a session|^not a byte in 60 s`,
  );

  /** It ended by itself and said why; the host is as it was before, or as wanted. */
  const isEnded = async (ended: Awaited<ReturnType<typeof provisionHost>>, before: string): Promise<void> => {
    const { exit, error, stderr } = ended;
    expect(stderr).not.toMatch(/^\s+at /m);
    const after = await lab.must(HOST, 'cat /etc/hosts');
    if (after !== before) expect(after).toContain('# mailtun: end');
    if (exit === 0) return;
    expect(exit).toBe(1);
    expect(error.what).toMatch(clear);
    expect(error.remedy).not.toBe('');
  };

  test('enough for less and less of a login, of its shell, of what the shell starts: each run reports it', async () => {
    const reported: string[] = [];
    for (const spare of [7, 5, 4, 3, 2, 1, 0]) {
      const before = await lacksBlock('/etc/hosts');
      const broken = outOfProcesses(bench, spare);
      const ended = await provisionHost(broken.inventory).finally(broken.repair);
      await isEnded(ended, before);
      if (ended.error) reported.push(ended.error.what);
    }
    for (const what of [NONE, 'ended the connection']) expect(reported).toContainEqual(expect.stringContaining(what));
    await isRecovered();
  });

  test('from the middle of a change on: the run reports it, and the next one completes the change', async () => {
    const before = await lacksBlock('/etc/hosts');
    // Waits there, without a process of its own, until it is told to go on.
    const wait = `case "$*" in *etc/hosts.mailtun*)
  sum=$(/var/real/sha256 "$@"); echo >/var/here; read line </var/go; print -r -- "$sum"; exit;; esac`;
    const held = await instead(bench, '/bin/sha256', wait);
    await lab.must(HOST, 'mkfifo /var/go');
    const running = provisionHost(held.inventory);
    await eventually(lab, HOST, '[ -e /var/here ]');
    // Nor is what ends meanwhile enough for another one.
    const broken = outOfProcesses(bench, -5);
    await lab.must(HOST, 'echo >/var/go; rm /var/go /var/here');
    const ended = await running.finally(broken.repair);
    await held.repair();
    // The text is staged by then, and nothing is renamed before it is on the disk.
    expect(ended.error?.what).toBe(`${NONE} while running "syncs the disk"`);
    await isEnded(ended, before);
    // mksh releases the lock at its end, when it gets a process for that; OpenBSD's ksh ends without its EXIT trap, and the
    // next run takes the lock over.
    await eventually(lab, HOST, '! kill -0 "$(sed -n 2p /var/run/mailtun.lock/owner)" 2>/dev/null', 40);
    await isRecovered();
    await nothingIsLeftBehind();
  });
});
