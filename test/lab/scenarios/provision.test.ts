import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { eventually, mailtun, provisioned, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'provision';
const lab = labCalled(LAB);
const HOSTS = ['namorar', 'carinho', 'mimando'];
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB }, input: '' });

beforeAll(async () => {
  await lab.up();
  await script('fresh', 'all');
});
afterAll(lab.down);

const changesOf = ({ document }: Awaited<ReturnType<typeof provisioned>>) =>
  document.hosts.flatMap(host => host.changes.map(change => `${host.name} ${change.resource}`));

describe('before anything is changed', () => {
  test('a recipient without a user stops the run on every host', async () => {
    await lab.must(
      'mimando',
      'mv /etc/master.passwd /etc/mp; mv /etc/passwd /etc/p; grep -v ^jay: /etc/p >/etc/passwd',
    );
    const { exit, document } = await provisioned(LAB);
    await lab.must('mimando', 'mv /etc/mp /etc/master.passwd; mv /etc/p /etc/passwd');
    expect(exit).toBe(1);
    expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(document.hosts[2]?.error?.what).toBe('recipient "jay" has no user on mimando');
    expect(document.hosts[0]?.error?.what).toContain('mimando cannot be set up');
  });

  test('a hand-made smtpd.conf is replaced only with --take-over; without, its host is not changed', async () => {
    await lab.must('carinho', "cp -p /etc/mail/smtpd.conf /etc/sc; echo '# mine' >>/etc/mail/smtpd.conf");
    const { exit, document } = await provisioned(LAB);
    expect(exit).toBe(1);
    expect(document.hosts[1]).toMatchObject({ ok: false, changed: 0 });
    expect(document.hosts[1]?.error?.what).toContain('/etc/mail/smtpd.conf');
    expect((await lab.on('carinho', 'ls /root/KEY_PRIVATE')).exit).not.toBe(0);
    await lab.must('carinho', 'mv /etc/sc /etc/mail/smtpd.conf');
  });

  test('an smtpd that rc.conf.local starts with another configuration stops the run', async () => {
    await lab.must(
      'carinho',
      'cp /etc/mail/smtpd.conf /etc/mail/mine.conf; rcctl set smtpd flags -v -f /etc/mail/mine.conf',
    );
    const { exit, document } = await provisioned(LAB);
    await lab.must('carinho', 'rcctl set smtpd flags; rm /etc/mail/mine.conf');
    expect(exit).toBe(1);
    expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(document.hosts[1]?.error?.what).toBe(
      '/etc/rc.conf.local starts smtpd with the flags -v -f /etc/mail/mine.conf: it reads /etc/mail/mine.conf, not /etc/mail/smtpd.conf',
    );
  });

  test('an smtpd that rc.conf.local starts in another routing table stops the run', async () => {
    await lab.must('carinho', 'rcctl set smtpd rtable 1');
    const { exit, document } = await provisioned(LAB);
    await lab.must('carinho', 'rcctl set smtpd rtable 0');
    expect(exit).toBe(1);
    expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(document.hosts[1]?.error?.what).toBe(
      '/etc/rc.conf.local starts smtpd in routing table 1, from which it does not reach the tunnel and the LAN: they are in table 0',
    );
  });

  test('a file with the flag schg that has to be changed stops the run', async () => {
    await lab.must('carinho', 'chflags schg /etc/hosts');
    expect((await lab.on('carinho', 'cp /etc/hosts /etc/h; mv -f /etc/h /etc/hosts; rm -f /etc/hosts')).stderr).toBe(
      'mv: rename /etc/h to /etc/hosts: Operation not permitted\nrm: /etc/hosts: Operation not permitted\n',
    );
    const { exit, document } = await provisioned(LAB);
    await lab.must('carinho', 'chflags noschg /etc/hosts; rm /etc/h');
    expect(exit).toBe(1);
    expect(document.hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(document.hosts[1]?.error?.what).toBe('/etc/hosts has to be changed and has the flag schg');
  });
});

describe('a run that is killed', () => {
  test('after any of its steps is completed by the next one', async () => {
    await script('fresh', 'all');
    let runs = 0;
    // Each run may go some steps further than the one before it: what a change under the dead-man switch undoes when
    // it is killed can only be done by a run that lives long enough.
    const steps = [0, 1, 2, 4, 6, 8, 10, 13, 16, 19, 23, 27, 31, 36, 41, 47, 53, 60];
    for (let finished = false; !finished; runs += 1) {
      if (runs >= steps.length) throw new Error('it does not converge');
      const run = started(LAB, 'provision', 'inventory.yaml');
      let lines = 0;
      run.stdout?.on('data', (text: Buffer) => {
        lines += text.toString().split('\n').length - 1;
        if (lines > (steps[runs] ?? 0)) run.kill('SIGKILL');
      });
      finished = (await run).exitCode === 0;
    }
    expect(runs).toBeGreaterThan(5);
    const second = await provisioned(LAB);
    expect(changesOf(second)).toEqual([]);
    for (const host of HOSTS) {
      expect(await lab.must(host, "find /etc /root /var/cron -name '*.mailtun.??????????' 2>/dev/null; exit 0")).toBe(
        '',
      );
      expect((await lab.on(host, 'find /etc/mail -type f -newer /var/run/rc.d/smtpd')).stdout).toBe('');
    }
  });
});

describe('three bare hosts', () => {
  test('take at most four round trips each to become a mail system', async () => {
    await script('fresh', 'all');
    const { exit, document } = await provisioned(LAB);
    expect(document.hosts.map(host => host.error)).toEqual([null, null, null]);
    expect(exit).toBe(0);
    expect(document.hosts.map(host => host.roundTrips)).toEqual([4, 4, 3]);
    expect(document.totals.changed).toBeGreaterThan(30);
  });

  test('are not changed by the next run, in one round trip each', async () => {
    const { exit, document } = await provisioned(LAB);
    expect(exit).toBe(0);
    expect(document.totals).toMatchObject({ changed: 0, failed: 0 });
    expect(document.hosts.map(host => host.roundTrips)).toEqual([1, 1, 1]);
    expect((await mailtun(LAB, 'provision', 'inventory.yaml', '--check')).exit).toBe(0);
  });

  test('are not changed by a run with other connections, through doas and through the gateway', async () => {
    for (const inventory of ['inventory-doas.yaml', 'inventory-jump.yaml']) {
      const { exit, stdout } = await mailtun(LAB, 'provision', inventory);
      expect(stdout).toMatch(/^0 changed, \d+ unchanged, 0 failed$/m);
      expect(exit).toBe(0);
    }
  });

  test('carry a mail from the internet to a maildir, every hop verified', async () => {
    await script('send', '--from', 'alice@internet.example', '--to', 'test@example.com', '--subject', 'in-4711');
    await eventually(lab, 'mimando', 'grep -Rq in-4711 /home/jay/maildir/in/new');
    const mail = await lab.must('mimando', 'cat $(grep -Rl in-4711 /home/jay/maildir/in/new)');
    expect(mail).toMatch(
      /by mimando\.lan [\s\S]*TLSv1\.3[\s\S]*by vpn0\.example\.com [\s\S]*TLSv1\.3[\s\S]*by mx[12]\.example\.com /,
    );
    const verdicts = async (host: string) =>
      [...(await maillogOf(lab, host)).matchAll(/(smtp|mta) cert-check result="(\w+)"/g)].map(
        ([, side, result]) => `${side} ${result}`,
      );
    expect(await verdicts('namorar')).toContain('mta valid');
    expect(new Set(await verdicts('carinho'))).toEqual(new Set(['smtp verified', 'mta valid']));
    expect(new Set(await verdicts('mimando'))).toEqual(new Set(['smtp verified']));
  });

  test("carry a mail out under the relay's name, which names nothing of the tunnel", async () => {
    const mail = 'From: test@example.com\nTo: bob@internet.example\nSubject: out-4711\n\nhello\n';
    await lab.must('mimando', 'sendmail -f test@example.com bob@internet.example', mail);
    await eventually(lab, 'namorar', 'grep -q "to=<bob@internet.example>.*result=.Ok" /var/log/maillog');
    const { stdout } = await script('outbox');
    expect(stdout).toContain('out-4711');
    expect(stdout).toContain('X-Lab-Helo: smtp.example.com');
    expect(stdout).not.toMatch(/vpn\d|c1da|6969::/);
  });

  test.each(HOSTS)("deliver root's mail on %s to the postmaster", async host => {
    await lab.must(host, `sendmail root`, `Subject: root-of-${host}\n\nhello\n`);
    await eventually(lab, 'mimando', `grep -Rq root-of-${host} /home/jay/maildir/in/new`);
  });

  test('keep mail in the queue when a certificate is not trusted, and deliver it once it is', async () => {
    const unknown = 'openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -days 2 -out /tmp/x.pem';
    const bundle = '{ head -n 1 /etc/ssl/vpnca.pem; cat /tmp/x.pem; } >/tmp/y.pem; cp /tmp/y.pem /etc/ssl/vpnca.pem';
    await lab.must('namorar', `${unknown} 2>/dev/null; ${bundle}; rcctl restart smtpd`);
    await eventually(lab, 'namorar', 'nc -z -w 1 192.0.2.25 25');
    await script('send', '--from', 'alice@internet.example', '--to', 'test@example.com', '--subject', 'held-4711');
    await eventually(lab, 'namorar', 'grep -q "certificate verification failed" /var/log/maillog');
    expect(await lab.must('namorar', 'smtpctl show queue')).toContain('test@example.com');
    const { document } = await provisioned(LAB);
    expect(document.totals.failed).toBe(0);
    await eventually(lab, 'mimando', 'grep -Rq held-4711 /home/jay/maildir/in/new', 60);
  });
});

describe('a daemon and its file', () => {
  test('an smtpd.conf that smtpd -n refuses never replaces the one in place', async () => {
    const before = await lab.must('namorar', 'sha256 -q /etc/mail/smtpd.conf; pgrep -xf /usr/sbin/smtpd');
    await lab.must(
      'namorar',
      "rm /etc/ssl/private/mx1.example.com.key; mkdir /etc/ssl/private/mx1.example.com.key; sed -i 's/^listen on 192/#&/' /etc/mail/smtpd.conf",
    );
    const edited = await lab.must('namorar', 'sha256 -q /etc/mail/smtpd.conf');
    const { exit, document } = await provisioned(LAB, '--host', 'namorar', '--only', 'smtpd');
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toContain('/etc/mail/smtpd.conf: smtpd refuses the new file');
    expect(await lab.must('namorar', 'sha256 -q /etc/mail/smtpd.conf')).toBe(edited);
    expect(before).toContain(await lab.must('namorar', 'pgrep -xf /usr/sbin/smtpd'));
    await lab.must('namorar', 'rmdir /etc/ssl/private/mx1.example.com.key');
    expect((await provisioned(LAB)).exit).toBe(0);
  });

  test('a daemon that exits after rcctl printed ok is a failure, reported with its log line', async () => {
    // Its stamp stays, so nobody is asked who has the port.
    await lab.must(
      'namorar',
      'pkill -xf /usr/sbin/smtpd; sleep 1; nohup nc -l 192.0.2.25 25 >/dev/null 2>&1 & sleep 2',
    );
    const { exit, document } = await provisioned(LAB, '--host', 'namorar');
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toMatch(/Address already in use[\s\S]*smtpd exited after its start/);
    await lab.must('namorar', 'pkill -x nc; sleep 1');
    expect((await provisioned(LAB)).exit).toBe(0);
  });

  test('an address that smtpd should listen on and the host lacks is reported before anything changes', async () => {
    await lab.must('namorar', "sed -i 's/2001:db8:1234:1234::6969/2001:db8:1234:1234::6970/' /etc/mail/smtpd.conf");
    await lab.must('namorar', 'rcctl restart smtpd; sleep 1');
    expect((await lab.on('namorar', 'rcctl check smtpd')).exit).toBe(1);
    expect((await provisioned(LAB)).exit).toBe(0);
    await lab.must('carinho', 'ifconfig vio2 inet6 2001:db8:6969::1 delete; touch /etc/mail/smtpd.conf');
    const { exit, document } = await provisioned(LAB);
    expect(exit).toBe(1);
    expect(document.hosts[1]?.error?.what).toContain('2001:db8:6969::1');
    await lab.must('carinho', 'ifconfig vio2 inet6 2001:db8:6969::1 prefixlen 64; sleep 2');
    expect((await provisioned(LAB)).exit).toBe(0);
  });
});
