import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { setUpByHand } from './by-hand.ts';

const LAB = 'adopted';
const lab = labCalled(LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB }, input: '' });

const HANDMADE: Readonly<Record<string, string>> = {
  namorar: '/root/KEY_PRIVATE /etc/ssl/private/*',
  carinho: '/root/key /etc/ssl/private/*',
  mimando: '/etc/ssl/private/*',
};
const sums = async (): Promise<readonly string[]> =>
  Promise.all(Object.entries(HANDMADE).map(([host, files]) => lab.must(host, `sha256 ${files}`)));

beforeAll(async () => {
  await lab.up();
  await setUpByHand(lab);
});
afterAll(lab.down);

describe('machines that were set up by hand after the article', () => {
  test('are not changed without --take-over, and the diff shows what would change', async () => {
    const before = await lab.must('carinho', 'cat /etc/mail/smtpd.conf /etc/hosts /etc/hostname.wg0');
    const { exit, stdout } = await mailtun(LAB, 'provision', 'inventory.yaml', '--check', '--diff');
    expect(exit).toBe(2);
    expect(stdout).toContain('+++ carinho:/etc/mail/smtpd.conf');
    for (const host of ['namorar', 'carinho']) {
      expect(stdout).toContain(`+++ ${host}:/etc/hostname.wg0`);
      const [, key = 'none'] = /wgkey (\S{44})/.exec(await lab.must(host, 'cat /etc/hostname.wg0')) ?? [];
      expect(key).toHaveLength(44);
      expect(stdout).not.toContain(key);
    }
    expect(stdout).not.toContain('mailuser:');
    expect(stdout).not.toContain('$2b$');
    const { exit: refused, document } = await provisioned(LAB);
    expect(refused).toBe(1);
    expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(document.hosts[1]?.error?.what).toContain('/etc/mail/smtpd.conf');
    expect(await lab.must('carinho', 'cat /etc/mail/smtpd.conf /etc/hosts /etc/hostname.wg0')).toBe(before);
  });

  test('are adopted with it: keys, certificates and the password are kept, and the tunnel is not interrupted', async () => {
    // A key that stands in hostname.wg0 alone.
    await lab.must('carinho', 'mv /root/KEY_PRIVATE /root/key');
    const before = await sums();
    const pings = lab.on('carinho', 'ping6 -n -i 0.2 -c 150 -w 2 2001:db8:c1da::2');
    const { exit, document } = await provisioned(LAB, '--take-over');
    expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
    expect(exit).toBe(0);
    expect((await pings).stdout).toContain('150 packets transmitted, 150 packets received');
    expect(await sums()).toEqual(before);
    expect(await lab.must('carinho', 'cat /etc/mail/secrets')).toContain('mailuser:the password');
    const changed = document.hosts.flatMap(host => host.changes.map(change => change.resource));
    await lab.must('carinho', 'cmp /root/key /root/KEY_PRIVATE');
    // Its public half was not written down by hand.
    const keys = document.hosts.flatMap(host => host.changes.filter(change => change.task === 'wireguard-key'));
    expect(keys.map(change => change.why)).toEqual(['/root/KEY_PUBLIC is missing or does not match it', 'missing']);
    expect(changed.filter(resource => resource.endsWith('.ssc'))).toEqual([]);
  });

  test('carry mail both ways afterwards, and the next run changes nothing', async () => {
    // The password that was set by hand has a blank in it.
    const { exit, stdout } = await mailtun(LAB, 'status', 'inventory.yaml');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('password accepted')]);
    expect((await mailtun(LAB, 'send-test', 'inventory.yaml')).exit).toBe(0);
    const mail = 'From: test@example.com\nTo: bob@internet.example\nSubject: adopted-1\n\nhello\n';
    await lab.must('mimando', 'sendmail -f test@example.com bob@internet.example', mail);
    await eventually(lab, 'namorar', 'grep -q "to=<bob@internet.example>.*result=.Ok" /var/log/maillog');
    expect((await script('outbox')).stdout).toContain('adopted-1');
    const { document } = await provisioned(LAB);
    expect(document.totals).toMatchObject({ changed: 0, failed: 0 });
  });
});

describe('a gateway without a workstation', () => {
  test('delivers by itself', async () => {
    await script('fresh', 'namorar', 'carinho');
    const inventory = `/var/tmp/mailtun-lab/${LAB}/single.yaml`;
    const text = await execa('cat', [`/var/tmp/mailtun-lab/${LAB}/inventory.yaml`]);
    await execa('sed', ['-e', '/^  mimando:/,$d', '-e', '/^    lan: {.*carinho/d'], {
      input: text.stdout,
      stdout: { file: inventory },
    });
    expect(await mailtun(LAB, 'provision', inventory)).toMatchObject({ exit: 0 });
    await script('send', '--from', 'alice@internet.example', '--to', 'test@example.com', '--subject', 'single-1');
    await eventually(lab, 'carinho', 'grep -Rq single-1 /home/jay/maildir/in/new');
    expect((await mailtun(LAB, 'provision', inventory)).stdout).toMatch(/^0 changed, \d+ unchanged, 0 failed$/m);
    const mail = 'From: test@example.com\nTo: bob@internet.example\nSubject: single-2\n\nhello\n';
    await lab.must('carinho', 'sendmail -f test@example.com bob@internet.example', mail);
    await eventually(lab, 'namorar', 'grep -q "to=<bob@internet.example>.*result=.Ok" /var/log/maillog');
  });
});
