import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { altered, type Bench, type Broken, full, instead, onHost, overLine, readOnly } from './broken.ts';
import { recovering } from './recovering.ts';

const NAME = 'broken';
const HOST = 'mimando';
const lab = labCalled(NAME);
const bench: Bench = { lab, name: NAME, host: HOST };
const { provisionHost, lacksBlock, nothingIsLeftBehind, isRecovered } = recovering(bench);
const folder = mkdtempSync(join(tmpdir(), 'mailtun-broken-'));

beforeAll(async () => {
  await lab.up();
  const { document } = await provisioned(NAME);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab.down();
});

interface Row {
  readonly title: string;
  readonly breaks: () => Promise<Broken>;
  readonly says: RegExp;
  /** What lacks its block when the run begins, and still does when it has ended. */
  readonly file?: string;
}

const anotherKey = (): string => {
  const path = join(folder, 'another');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  return path;
};

const unchanged: readonly Row[] = [
  {
    title: 'refuses the connection',
    breaks: async () => {
      const broken = await overLine(bench, () => null);
      await broken.repair();
      return broken;
    },
    says: /^127\.0\.0\.1 port \d+ refuses the connection$/,
  },
  {
    title: 'accepts the connection and is silent',
    breaks: () => overLine(bench, () => ({ kind: 'silent' })),
    says: /ended the connection before its greeting \(nothing for 30 s\)/,
  },
  {
    title: 'is not an ssh server',
    breaks: () => overLine(bench, () => ({ kind: 'says', text: 'HTTP/1.1 400 Bad Request\r\n\r\n' })),
    says: /is not an ssh server, it says "HTTP\/1\.1 400 Bad Request"/,
  },
  {
    title: 'stalls in the key exchange',
    breaks: () => overLine(bench, () => ({ kind: 'stall', afterBytes: 600 })),
    says: /ended the connection during the key exchange \(nothing for 30 s\)/,
  },
  {
    title: 'has another key than the inventory says',
    breaks: async () => altered(bench, part => part.replace(/SHA256:\S+/, `SHA256:${'A'.repeat(43)}`)),
    says: /host key/,
  },
  {
    title: 'does not know our key',
    breaks: async () => altered(bench, part => part.replace(/identity_file: .*/, `identity_file: ${anotherKey()}`)),
    says: /accepts none of the keys/,
  },
  {
    title: 'has no doas.conf',
    breaks: () => onHost(bench, 'mv /etc/doas.conf /etc/d', 'mv /etc/d /etc/doas.conf', '-doas'),
    says: /^doas is not enabled on the host/,
  },
  {
    title: 'has a doas that asks for a password',
    breaks: () =>
      onHost(
        bench,
        'cp -p /etc/doas.conf /etc/d; echo permit admin >/etc/doas.conf',
        'mv /etc/d /etc/doas.conf',
        '-doas',
      ),
    says: /^doas asks for a password/,
  },
  {
    title: 'has a doas that refuses',
    breaks: () =>
      onHost(
        bench,
        'cp -p /etc/doas.conf /etc/d; echo deny admin >/etc/doas.conf',
        'mv /etc/d /etc/doas.conf',
        '-doas',
      ),
    says: /^doas does not let this login become root/,
  },
  {
    title: 'has a full disk',
    breaks: () => full(bench, '/etc/mail'),
    file: '/etc/mail/aliases',
    says: /could not be written completely; is the disk full\?|No space left on device/,
  },
  {
    title: 'has a file system that can only be read',
    breaks: () => readOnly(bench, '/etc/mail'),
    file: '/etc/mail/aliases',
    says: /Read-only file system/i,
  },
  {
    title: 'has no room for what is kept for undo',
    breaks: () => full(bench, '/var/db/mailtun'),
    says: /^hosts-file: writes \/etc\/hosts failed .*could not be kept in .*is the disk full\?/s,
  },
  {
    title: 'has no room for a lock',
    breaks: () => full(bench, '/var/run'),
    says: /^the lock could not be taken: .*is the disk full\?/s,
  },
  {
    title: 'is being edited by somebody else',
    breaks: async () => {
      const line = '# by another admin';
      const edited = `case "$*" in *etc/hosts.mailtun*) echo "${line}" >>/etc/hosts;; esac`;
      const broken = await instead(bench, '/bin/sha256', edited);
      const repairs = `grep -v '^${line}' /etc/hosts >/var/x; cat /var/x >/etc/hosts; rm /var/x`;
      return {
        ...broken,
        repair: () =>
          broken
            .repair()
            .then(() => lab.must(HOST, repairs))
            .then(() => {}),
      };
    },
    says: /\/etc\/hosts: somebody changed it meanwhile; nothing was overwritten/,
  },
  {
    title: 'hangs in a command',
    breaks: () => instead(bench, '/usr/bin/uname', 'sleep 100'),
    says: /^not a byte in 60 s while running "asks uname -sr"$/,
  },
  {
    title: 'hangs in the middle of a change, until somebody ends what hangs, as the remedy says',
    breaks: async () => {
      const broken = await instead(bench, '/bin/sha256', 'case "$*" in *etc/hosts.mailtun*) exec sleep 321;; esac');
      return {
        ...broken,
        repair: () => broken.repair().then(() => lab.must(HOST, "pkill -xf 'sleep 321'").then(() => {})),
      };
    },
    says: /^not a byte in 60 s while running "hosts-file: writes \/etc\/hosts"$/,
  },
];

describe('a run ends by itself with the reason, changes nothing, and the next one recovers, where the host', () => {
  test.each(unchanged)('$title', async ({ breaks, says, file = '/etc/hosts' }) => {
    const before = await lacksBlock(file);
    const broken = await breaks();
    const { exit, error, stderr } = await provisionHost(broken.inventory);
    const after = await lab.must(HOST, `cat ${file}`);
    await broken.repair();
    expect(error?.what).toMatch(says);
    expect(exit).toBe(1);
    expect(error.remedy).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(after.replaceAll('# by another admin\n', '')).toBe(before);
    await nothingIsLeftBehind();
    await isRecovered();
  });
});

describe('a run completes where the host', () => {
  test.each<[string, () => Promise<Broken>]>([
    ['has a full /tmp', () => full(bench, '/tmp')],
    [
      "has a smtpd.conf from the future: the host's clock was ahead when it was written",
      () => onHost(bench, 'touch -t 203802030405 /etc/mail/smtpd.conf', ':'),
    ],
    [
      'greets every login with text on both streams',
      () =>
        onHost(bench, "mkdir -p /root/.ssh; echo 'echo welcome; echo beware >&2' >/root/.ssh/rc", 'rm /root/.ssh/rc'),
    ],
  ])('%s', async (_, breaks) => {
    await lacksBlock('/etc/hosts');
    const broken = await breaks();
    const { exit, error } = await provisionHost(broken.inventory);
    await broken.repair();
    expect(error).toBeNull();
    expect(exit).toBe(0);
    await isRecovered();
  });
});
