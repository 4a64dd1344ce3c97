import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labCalled } from '../driver/on-host.ts';

const NAME = 'secrets';
const PASSWORD = `Zq7-${randomBytes(12).toString('hex')}-9Xv`;
const lab = labCalled(NAME);
const state = `/var/tmp/mailtun-lab/${NAME}`;
const ENDS = ['namorar', 'carinho'] as const;

/** Every argument list that the host's processes have had, one a line, until it is told to stop. */
const WATCH = `
$| = 1; my %seen; $SIG{TERM} = sub { print join("\\n", sort keys %seen), "\\n"; exit };
while (1) {
  for (glob "/proc/[0-9]*/cmdline") { open my $file, "<", $_ or next; local $/; my $words = <$file> // next; $words =~ tr/\\0\\n/  /; $seen{$words} = 1 }
  select undef, undef, undef, 0.003;
}`;

const watched = (host: string) => {
  const watcher = execa('scripts/lab', ['exec', host, '--', '/.lab/usr/bin/perl', '-e', WATCH], {
    env: { LAB: NAME },
    reject: false,
    stdin: 'ignore',
  });
  return {
    host,
    stop: async (): Promise<string[]> => {
      await lab.on(host, "pkill -TERM -f 'my .seen; .SIG'");
      return (await watcher).stdout.split('\n').filter(line => !line.includes('%seen'));
    },
  };
};

const said: string[] = [];
const run = async (...words: readonly string[]): Promise<void> => {
  const { exitCode, stdout, stderr } = await execa('node', ['dist/mailtun.js', ...words], {
    env: { MAILTUN_TEST_PASSWORD: PASSWORD },
    reject: false,
    stdin: 'ignore',
    timeout: 200_000,
  });
  said.push(stdout, stderr);
  expect(`${stdout}${stderr}`).not.toBe('');
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
};

/** Files below the folders that hold the text, as grep finds them. */
const filesWith = (text: string, ...folders: readonly string[]): string[] => {
  const { stdout } = execaSync('grep', ['-rFlIs', '-e', text, ...folders], { reject: false });
  return stdout.split('\n').filter(path => path !== '');
};

const keyOf = async (host: string): Promise<string> => (await lab.must(host, 'cat /root/KEY_PRIVATE')).trim();
let keys: string[] = [];
let preshared = '';
let processes: { host: string; lines: string[] }[] = [];

beforeAll(async () => {
  await lab.up();
  const inventory = readFileSync(`${state}/inventory-doas.yaml`, 'utf8');
  const credentials = '  credentials: { password: { env: MAILTUN_TEST_PASSWORD } }\n';
  writeFileSync(
    `${state}/inventory-secret.yaml`,
    inventory.replace('mail:\n', `tunnel: { preshared_key: true }\nmail:\n${credentials}`),
  );
  const path = `${state}/inventory-secret.yaml`;
  const watchers = ENDS.map(watched);
  await run('provision', path, '--diff', '--verbose');
  keys = await Promise.all(ENDS.map(keyOf));
  await run('rotate-keys', path, '--verbose');
  keys = [...keys, ...(await Promise.all(ENDS.map(keyOf)))];
  await run('provision', path, '--json', '--diff', '--verbose');
  await run('provision', path, '--check', '--diff', '--verbose');
  for (const command of ['status', 'doctor', 'send-test']) await run(command, path, '--json', '--verbose');
  await run('render', path, '--out', `${state}/rendered`);
  preshared = (await lab.must('carinho', 'cat /root/KEY_PRESHARED.namorar')).trim();
  processes = await Promise.all(watchers.map(async ({ host, stop }) => ({ host, lines: await stop() })));
}, 400_000);
afterAll(() => lab.down());

describe('a password of the inventory and the tunnel keys', () => {
  test('are in nothing that mailtun prints', () => {
    for (const secret of [PASSWORD, preshared, ...keys]) expect(said.join('\n')).not.toContain(secret);
  });

  test('are in no file that mailtun writes on this machine', () => {
    for (const secret of [PASSWORD, preshared, ...keys])
      expect(filesWith(secret, `${state}/rendered`, tmpdir())).toEqual([]);
  });

  test('are in no argument list on a host, except for the key that ifconfig accepts only there', () => {
    expect(new Set(keys).size).toBe(4);
    for (const { host, lines } of processes) {
      expect(lines.length, host).toBeGreaterThan(20);
      expect(lines.filter(line => line.includes(PASSWORD))).toEqual([]);
      const withKey = lines.filter(line => [preshared, ...keys].some(key => line.includes(key)));
      for (const line of withKey)
        expect(line).toMatch(/(^|\/)ifconfig wg\d+ |^\/\.lab\/usr\/bin\/perl \/sbin\/ifconfig wg\d+ /);
    }
  });

  test('are in no file of a host but their own: no log, no temporary file, no history', async () => {
    const holders = async (host: string, secret: string): Promise<string[]> => {
      const folders = '/etc /root /home /tmp /var /usr/local';
      const { stdout } = await lab.on(host, `grep -RFl -e '${secret}' ${folders} 2>/dev/null; exit 0`);
      return stdout.split('\n').filter(path => path !== '');
    };
    expect(await holders('carinho', PASSWORD)).toEqual(['/etc/mail/secrets']);
    for (const host of ['namorar', 'mimando']) expect(await holders(host, PASSWORD)).toEqual([]);
    expect(preshared).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(await holders('carinho', preshared)).toEqual(['/root/KEY_PRESHARED.namorar']);
    expect(await holders('namorar', preshared)).toEqual(['/root/KEY_PRESHARED.carinho']);
    expect(await holders('mimando', preshared)).toEqual([]);
    for (const [index, host] of ENDS.entries()) {
      const others = keys.filter((_, at) => at % 2 !== index);
      for (const key of others) expect(await holders(host, key), `${host} has a key of another host`).toEqual([]);
      for (const path of await holders(host, keys[index + 2] ?? ''))
        expect(path).toMatch(/^\/root\/KEY_PRIVATE$|^\/var\/db\/mailtun\//);
    }
  });

  test('can be read by nobody but root and smtpd', async () => {
    for (const host of ENDS)
      expect(
        await lab.must(host, "stat -f '%OMp%OLp %Su %Sg' /root/KEY_PRIVATE /etc/mail/secrets /var/db/mailtun"),
      ).toBe('0600 root wheel\n0640 root _smtpd\n0700 root wheel\n');
  });

  test('are in no core file: the key that makes one ends mailtun as any interrupt does', async () => {
    const running = execa('node', ['dist/mailtun.js', 'provision', `${state}/inventory-secret.yaml`, '--verbose'], {
      env: { MAILTUN_TEST_PASSWORD: PASSWORD },
      reject: false,
      stdin: 'ignore',
    });
    running.stdout.once('data', () => running.kill('SIGQUIT'));
    expect(await running).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('interrupted by SIGQUIT') });
  });

  test("doas's log has the shell's name and no script", async () => {
    const { stdout } = await lab.on('carinho', 'grep -h doas /var/log/secure /var/log/authlog 2>/dev/null; exit 0');
    for (const line of stdout.split('\n').filter(line => line.includes('/bin/sh')))
      expect(line.length).toBeLessThan(300);
  });
});
