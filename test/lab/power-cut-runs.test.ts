import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailtun, provisioned, started } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const NAME = 'cuts';
const HOSTS = ['namorar', 'carinho', 'mimando'];
const lab = labCalled(NAME);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB: NAME } });

beforeAll(async () => {
  await lab.up();
  for (const host of HOSTS)
    await lab.must(
      host,
      `for file in ${ADMINS}; do print '# the admin was here' >>$file; done; print '# own' | crontab -; sync`,
    );
  await script('snapshot', 'bare');
});
afterAll(() => lab.down());

/** What belongs to the admin, and is edited by mailtun. */
const ADMINS = '/etc/hosts /etc/mail/aliases /etc/pf.conf';

/** Without what mailtun put between its marks: the admin's own text, to the byte. */
const ownText = async (host: string): Promise<string> =>
  lab.must(
    host,
    `for file in ${ADMINS}; do sed -e '/^# mailtun.*: begin/,/^# mailtun.*: end/d' -e '/anchor "mailtun"/d' $file; done
crontab -l | sed -e '/^# mailtun.*: begin/,/^# mailtun.*: end/d' | grep '^# own'`,
  );

/** No file that mailtun or the admin wrote holds only NUL bytes. */
const lostFiles = (host: string): Promise<string> =>
  lab.must(
    host,
    `find /etc /root /var/cron/tabs /var/db/mailtun/original/files -type f -size +0c ! -name '*.mailtun.*' | while read -r file; do
[ "$(tr -d '\\000' <"$file" | wc -c)" -ne 0 ] || print -r -- "$file"; done`,
  );

/** Cuts the power of every host when the run says its line number `line`. Resolves to whether it came so far. */
async function cutAt(line: number, ...words: readonly string[]): Promise<boolean> {
  const run = started(NAME, ...words, '--verbose');
  let lines = 0;
  let cut: Promise<unknown> | null = null;
  const count = (chunk: Buffer): void => {
    lines += chunk.toString().split('\n').length - 1;
    if (lines >= line) cut ??= Promise.all(HOSTS.map(host => script('halt', host, '--hard')));
  };
  run.stdout.on('data', count);
  run.stderr.on('data', count);
  const ended = run.then(() => null);
  while (
    cut === null &&
    (await Promise.race([ended, new Promise(done => setTimeout(() => done('waits'), 20))])) !== null
  );
  if (cut === null) return false;
  await cut;
  run.kill('SIGKILL');
  await ended;
  for (const host of HOSTS) await script('start', host);
  return true;
}

const isWhole = async (before: readonly string[]): Promise<void> => {
  const { exit, document } = await provisioned(NAME);
  expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
  expect(exit).toBe(0);
  expect((await mailtun(NAME, 'provision', 'inventory.yaml', '--check')).exit).toBe(0);
  for (const [index, host] of HOSTS.entries())
    expect([host, await lostFiles(host), await ownText(host)]).toEqual([host, '', before[index]]);
};

const STEPS = process.env.MAILTUN_CUTS?.split(',').map(Number) ?? [8, 32];

describe('a power cut of every host', () => {
  test('in a first provision costs nothing: one run later all is as wanted, and what the admin wrote is there', async () => {
    let cuts = 0;
    for (const line of STEPS) {
      await script('restore', 'bare');
      const before = await Promise.all(HOSTS.map(ownText));
      if (await cutAt(line, 'provision', 'inventory.yaml')) cuts += 1;
      await isWhole(before);
    }
    expect(cuts).toBeGreaterThan(0);
  }, 900_000);

  test('in a rotation, and in an undo, likewise', async () => {
    await script('restore', 'bare');
    const before = await Promise.all(HOSTS.map(ownText));
    await isWhole(before);
    await script('snapshot', 'wanted');
    for (const words of [
      ['rotate-keys', 'inventory.yaml'],
      ['undo', 'inventory.yaml', '--all', '--keys'],
    ])
      for (const line of [3]) {
        await script('restore', 'wanted');
        await cutAt(line, ...words);
        await isWhole(before);
      }
  }, 900_000);
});
