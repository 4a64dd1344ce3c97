import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { altered, type Bench, type Broken, full, instead, inventoryOf, onHost, overLine, readOnly } from './broken.ts';
import { healing } from './healing.ts';
import { provisioned, started } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const NAME = 'broken';
const HOST = 'mimando';
const lab = labCalled(NAME);
const bench: Bench = { lab, name: NAME, host: HOST };
const { provisionHost, lacksBlock, nothingIsLeftBehind, isHealed } = healing(bench);
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

const strangerKey = (): string => {
  const path = join(folder, 'stranger');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  return path;
};

const unchanged: readonly Row[] = [
  {
    title: 'refuses the connection',
    breaks: async () => {
      const broken = await overLine(bench, () => null);
      await broken.mend();
      return broken;
    },
    says: /^127\.0\.0\.1 port \d+ refuses the connection$/,
  },
  {
    title: 'accepts the connection and is silent',
    breaks: () => overLine(bench, () => ({ kind: 'silent' })),
    says: /ended the connection before it greeted \(nothing for 30 s\)/,
  },
  {
    title: 'is no ssh server',
    breaks: () => overLine(bench, () => ({ kind: 'says', text: 'HTTP/1.1 400 Bad Request\r\n\r\n' })),
    says: /is no ssh server, it says "HTTP\/1\.1 400 Bad Request"/,
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
    breaks: async () => altered(bench, part => part.replace(/identity_file: .*/, `identity_file: ${strangerKey()}`)),
    says: /accepts none of our keys/,
  },
  {
    title: 'has no doas.conf',
    breaks: () => onHost(bench, 'mv /etc/doas.conf /etc/d', 'mv /etc/d /etc/doas.conf', '-doas'),
    says: /^doas is not enabled there/,
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
    says: /could not be written whole; is the disk full\?|No space left on device/,
  },
  {
    title: 'has a file system that can only be read',
    breaks: () => readOnly(bench, '/etc/mail'),
    file: '/etc/mail/aliases',
    says: /Read-only file system/i,
  },
  {
    title: 'is being edited by somebody else',
    breaks: async () => {
      const line = '# by another admin';
      const edited = `case "$*" in *etc/hosts*) echo "${line}" >>/etc/hosts;; esac`;
      const broken = await instead(bench, '/usr/bin/mktemp', edited);
      const mends = `grep -v '^${line}' /etc/hosts >/var/x; cat /var/x >/etc/hosts; rm /var/x`;
      return {
        ...broken,
        mend: () =>
          broken
            .mend()
            .then(() => lab.must(HOST, mends))
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
];

describe('a run ends by itself, says why, changes nothing, and the next one heals, where the host', () => {
  test.each(unchanged)('$title', async ({ breaks, says, file = '/etc/hosts' }) => {
    const before = await lacksBlock(file);
    const broken = await breaks();
    const { exit, error, stderr } = await provisionHost(broken.inventory);
    const after = await lab.must(HOST, `cat ${file}`);
    await broken.mend();
    expect(error?.what).toMatch(says);
    expect(exit).toBe(1);
    expect(error.remedy).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(after.replaceAll('# by another admin\n', '')).toBe(before);
    await nothingIsLeftBehind();
    await isHealed();
  });
});

describe('a run goes on to its end where the host', () => {
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
    await broken.mend();
    expect(error).toBeNull();
    expect(exit).toBe(0);
    await isHealed();
  });
});

describe('a connection that is reset', () => {
  test('after any number of bytes leaves the host as before or as wanted', async () => {
    for (const afterBytes of [0, 1, 21, 500, 1500, 1800, 2200, 2600, 3000, 4000, 6000, 8000, 9000, 10_000, 11_000]) {
      const before = await lacksBlock('/etc/hosts');
      const broken = await overLine(bench, () => ({ kind: 'reset', afterBytes }));
      const { exit, error } = await provisionHost(broken.inventory);
      await broken.mend();
      const after = await lab.must(HOST, 'cat /etc/hosts');
      if (exit !== 0) expect(error?.what, `after ${afterBytes} bytes`).toMatch(/ended the connection|reset|lost|gone/);
      if (after !== before) expect(after).toContain('# mailtun: end');
      await nothingIsLeftBehind();
    }
    await isHealed();
  });
});

describe('an interrupted run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('exits 130 at any time after %s, and its lock is gone', async signal => {
    for (const milliseconds of [150, 400, 700, 1000, 1400, 1900]) {
      await lacksBlock('/etc/mail/aliases');
      const run = started(NAME, 'provision', 'inventory.yaml', '--host', HOST);
      const timer = setTimeout(() => run.kill(signal), milliseconds);
      const { exitCode, signal: died, stderr } = await run;
      clearTimeout(timer);
      // Killed before node had read a line of ours, it is dead in the ordinary way.
      expect([0, 130, signal]).toContain(exitCode ?? died);
      if (exitCode === 130) expect(stderr).toContain(`interrupted by ${signal}`);
      await nothingIsLeftBehind();
    }
    await isHealed();
  });
});

describe('the terminal', () => {
  test('may go away: the run goes on and says nothing of it', async () => {
    await lacksBlock('/etc/hosts');
    const line = `node dist/mailtun.js provision ${inventoryOf(bench)} | true; echo "\${PIPESTATUS[0]}"`;
    const said = execFileSync('bash', ['-c', `${line} 2>&1`], { encoding: 'utf8', timeout: 60_000 });
    expect(said).toBe('0\n');
    expect(await lab.must(HOST, 'cat /etc/hosts')).toContain('# mailtun: end');
  });

  test('may have 40 columns: every line fits or is cut', async () => {
    await lacksBlock('/etc/hosts');
    const line = `stty cols 40 rows 10; exec node dist/mailtun.js provision ${inventoryOf(bench)}`;
    const said = execFileSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8', timeout: 60_000, input: '' });
    expect(said).toContain('1 changed');
  });
});
