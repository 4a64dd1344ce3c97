import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const name = 'wellness';
const lab = labCalled(name);
const inventory = `/var/tmp/mailtun-lab/${name}/inventory.yaml`;

const isHealthy = async (): Promise<void> => {
  const { exit, stdout, stderr } = await mailtun(name, 'status', 'inventory.yaml', '--json');
  if (stdout === '') throw new Error(`mailtun status ended with ${exit} and no document: ${stderr}`);
  const { hosts } = JSON.parse(stdout) as { hosts: { problems: unknown[]; drift: unknown[] }[] };
  expect(hosts.flatMap(host => [...host.problems, ...host.drift])).toEqual([]);
  expect(exit).toBe(0);
};
const done = async (...words: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await mailtun(name, ...words);
  if (exit !== 0) throw new Error(`mailtun ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
};

beforeAll(async () => {
  await lab.up();
  await done('provision', 'inventory.yaml');
});
afterAll(() => lab.down());

describe('a healthy fleet has no problem', () => {
  it('right after it was provisioned, and ten times in a row', async () => {
    for (let time = 0; time < 10; time += 1) await isHealthy();
  });
  it('right after a rotation of its keys', async () => {
    await done('rotate-keys', 'inventory.yaml');
    await isHealthy();
  });
  it.each(['carinho', 'namorar', 'mimando'])('right after a reboot of %s', async host => {
    await execa('scripts/lab', ['reboot', host], { env: { LAB: name }, timeout: 60_000 });
    await isHealthy();
  });
});

describe('send-test', () => {
  it('traces a message from the MX to the maildir, verified at every hop, and deletes it', async () => {
    const sent = JSON.parse(await done('send-test', 'inventory.yaml', '--json'));
    expect(sent).toMatchObject({ arrived: true, to: 'test@example.com', stopped: null });
    expect(sent.hops.map((hop: { host: string; tls: string | null }) => [hop.host, hop.tls])).toEqual([
      ['namorar', 'verified on both sides'],
      ['carinho', 'verified on both sides'],
      ['mimando', null],
    ]);
    expect((await lab.on('mimando', `test -e ${sent.file}`)).exit).toBe(1);
  });
  it('traces an outbound message to the answer of the host that accepted it', async () => {
    const sent = JSON.parse(await done('send-test', 'inventory.yaml', '--outbound', 'bob@internet.example', '--json'));
    expect(sent.hops.map((hop: { host: string; result: string }) => [hop.host, hop.result])).toEqual([
      ['mimando', 'Ok'],
      ['carinho', 'Ok'],
      ['namorar', 'Ok'],
    ]);
  });
  it('reports where a message stopped and why, and leaves it in no queue', async () => {
    await lab.must('mimando', 'rcctl stop smtpd');
    const { exit, stdout } = await mailtun(name, 'send-test', 'inventory.yaml', '--timeout', '4', '--json');
    await lab.must('mimando', 'rcctl start smtpd');
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      arrived: false,
      file: null,
      stopped: { host: 'carinho', why: expect.stringContaining('IO Error') },
    });
    expect(await lab.must('carinho', 'smtpctl show queue')).toBe('');
  });
});

describe('status', () => {
  it('finds the mail that was lost before a thousand connections', async () => {
    const line = (words: string) => `print -r -- "$now mimando smtpd[1]: 00a1b2c3d4e5f607 ${words}"`;
    const lost =
      'mda delivery evpid=8c5fa896e2244007 from=<a@b.example> to=<lost@example.com> rcpt=<-> user=jay delay=0s';
    await lab.must(
      'mimando',
      `cp -p /var/log/maillog /root/maillog; now=$(date '+%b %e %H:%M:%S')
       { ${line(`${lost} result=PermFail stat=no such user`)}; n=1000
         while [ $n -gt 0 ]; do ${line('smtp connected address=[2001:db8:dd::66] host=sender.example')}; n=$((n - 1)); done
       } >>/var/log/maillog`,
    );
    const { exit, stdout } = await mailtun(name, 'status', 'inventory.yaml', '--json');
    await lab.must('mimando', 'cat /root/maillog >/var/log/maillog');
    expect(JSON.parse(stdout).hosts[2].problems).toMatchObject([
      { code: 'mail-lost', evidence: expect.stringContaining('no such user') },
    ]);
    expect(exit).toBe(2);
  });
  it('keeps a loss until it is acknowledged, through a rotation of the log, for cron as well', async () => {
    const lost =
      'mda delivery evpid=8c5fa896e2244008 from=<a@b.example> to=<lost@example.com> rcpt=<-> user=jay delay=0s';
    const file = join(mkdtempSync(join(tmpdir(), 'mailtun-since-')), 'told');
    const since = () => mailtun(name, 'status', 'inventory.yaml', '--since', file);
    await since();
    await lab.must(
      'mimando',
      `cp -p /var/log/maillog /root/maillog
       print -r -- "$(date '+%b %e %H:%M:%S') mimando smtpd[1]: 00a1b2c3d4e5f607 ${lost} result=PermFail stat=no such user" >>/var/log/maillog
       cp -p /var/log/maillog /var/log/maillog.0 && gzip /var/log/maillog.0 && : >/var/log/maillog; sleep 1`,
    );
    const [news, again] = [await since(), await since()];
    const acknowledging = await mailtun(name, 'status', 'inventory.yaml', '--host', 'mimando', '--acknowledge');
    const over = await since();
    await lab.must('mimando', 'rm /var/log/maillog.0.gz; cat /root/maillog >/var/log/maillog');
    expect(news).toMatchObject({ exit: 2, stdout: expect.stringContaining('1 message was lost on mimando') });
    expect(again).toMatchObject({ exit: 2, stdout: '' });
    expect(acknowledging).toMatchObject({ exit: 0, stdout: expect.stringContaining('1 message was lost on mimando') });
    expect(over).toMatchObject({ exit: 0, stdout: expect.stringContaining('resolved  ') });
    await isHealthy();
  });
  it('names mail for a user who is gone before smtpd tries again; with the user back it is delivered', async () => {
    await eventually(lab, 'mimando', '[ -z "$(smtpctl show queue)" ]');
    await lab.must(
      'mimando',
      `smtpctl pause mda && echo hello | sendmail -f jay jay && sleep 1
       cp -p /etc/passwd /root/passwd && grep -v ^jay: /root/passwd >/etc/passwd`,
    );
    const { exit, stdout } = await mailtun(name, 'status', 'inventory.yaml', '--json');
    const queue = await lab.must('mimando', 'smtpctl show queue; cat /var/spool/smtpd/queue/*/*/*');
    await lab.must('mimando', 'cp -p /root/passwd /etc/passwd; smtpctl resume mda; smtpctl schedule all');
    const { problems } = JSON.parse(stdout).hosts.find((one: { name: string }) => one.name === 'mimando');
    const what = 'mail is queued on mimando for the user jay, who does not exist';
    expect([exit, problems], queue).toEqual([
      2,
      expect.arrayContaining([expect.objectContaining({ code: 'mail-login-missing', what })]),
    ]);
    await eventually(lab, 'mimando', '[ -z "$(smtpctl show queue)" ]');
    const deliveries = (await maillogOf(lab, 'mimando')).split('\n').filter(line => line.includes('user=jay'));
    expect(deliveries.at(-1)).toMatch(/result="?Ok/);
    await isHealthy();
  });
  it('--since reports only what has changed', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mailtun-since-')), 'told');
    const since = () => mailtun(name, 'status', 'inventory.yaml', '--since', file);
    expect(await since()).toMatchObject({ exit: 0, stdout: '' });
    await lab.must('mimando', 'smtpctl pause mda');
    const [news, again] = [await since(), await since()];
    await lab.must('mimando', 'smtpctl resume mda');
    expect(news.exit).toBe(2);
    expect(news.stdout).toContain('new       mimando: smtpd on mimando is paused\n');
    expect(again).toMatchObject({ exit: 2, stdout: '', stderr: '' });
    expect(await since()).toMatchObject({ exit: 0, stdout: 'resolved  mimando: smtpd on mimando is paused\n' });
  });
  it('--watch appends where there is no terminal, and ends on SIGINT with 130', async () => {
    const watching = execa('node', ['dist/mailtun.js', 'status', inventory, '--watch', '1'], {
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
    let text = '';
    await new Promise<void>(resolve => {
      watching.stdout?.on('data', chunk => {
        text += chunk;
        if ((text.match(/All is well\./g) ?? []).length === 2) resolve();
      });
    });
    watching.kill('SIGINT');
    expect((await watching).exitCode).toBe(130);
    expect(text).not.toContain('\x1b');
  });
  it('exits with 1 if a host cannot be reached, and with 64 for wrong usage', async () => {
    await lab.must('mimando', 'rcctl stop sshd');
    const { exit, stdout } = await mailtun(name, 'status', 'inventory.yaml', '--json');
    await lab.must('mimando', 'rcctl start sshd');
    expect(exit).toBe(1);
    expect(JSON.parse(stdout).hosts[2]).toMatchObject({
      name: 'mimando',
      reachable: false,
      problems: [{ what: 'mimando cannot be reached' }],
    });
    expect((await mailtun(name, 'status', 'inventory.yaml', '--host', 'nobody')).exit).toBe(64);
    expect((await mailtun(name, 'status', 'inventory.yaml', '--watch', '--json')).exit).toBe(64);
  });
});
