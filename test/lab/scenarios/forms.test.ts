/** What stand-ins once printed in a kinder form than OpenBSD 7.8 does. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SET_CLOCK } from '../../../src/facts/clock.ts';
import { parseWgInterface } from '../../../src/facts/ifconfig.ts';
import { clockBy } from '../driver/clock.ts';
import { eventually } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const lab = labCalled('forms');

beforeAll(() => lab.up());
afterAll(() => lab.down());

test('openssl s_client prints the last line of the answer to EHLO with its carriage return, behind the report', async () => {
  const script = 'openssl s_client -starttls smtp -connect 127.0.0.1:25 </dev/null';
  await lab.must('namorar', `${TLS_ON_LOOPBACK} rcctl -f start smtpd; sleep 1`);
  const { stdout, stderr } = await lab.on('namorar', script);
  expect(stdout).not.toContain('250 HELP');
  expect(stderr).toMatch(/^250 HELP\r\n/m);
});

test('a certificate that is trusted by its name and has another key has a wrong signature', async () => {
  const other =
    'openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/o.key -out /tmp/o.crt -batch -subj /CN=localhost -days 9';
  await lab.must('namorar', `${other} 2>/dev/null`);
  const verified = async (ca: string): Promise<string | undefined> => {
    const { stdout, stderr } = await lab.on(
      'namorar',
      `openssl s_client -starttls smtp -connect 127.0.0.1:25 -CAfile ${ca} </dev/null`,
    );
    expect(stderr.includes('verify error:num=7:certificate signature failure')).toBe(ca === '/tmp/o.crt');
    return /Verify return code: .*/.exec(stdout)?.[0];
  };
  expect(await verified('/tmp/o.crt')).toBe('Verify return code: 7 (certificate signature failure)');
  expect(await verified('/etc/ssl/private/l.crt')).toBe('Verify return code: 0 (ok)');
  expect(await verified('/etc/ssl/cert.pem')).toMatch(/^Verify return code: 18 /);
});

test('ntpd does not set a clock that is wrong, rdate does', async () => {
  const off = (): Promise<number> => lab.must('namorar', 'date +%s').then(text => Number(text) - Date.now() / 1000);
  await lab.must('namorar', clockBy(3600));
  await lab.must('namorar', 'rcctl restart ntpd');
  expect(await off()).toBeGreaterThan(3000);
  await lab.must('namorar', SET_CLOCK);
  expect(Math.abs(await off())).toBeLessThan(60);
});

test('what rc.conf starts by default runs, and nobody has written an rc.conf.local', async () => {
  expect((await lab.must('mimando', 'rcctl ls started; ls /etc/rc.conf*')).split('\n')).toEqual(
    expect.arrayContaining(['dhcpleased', 'ntpd', 'resolvd', 'slaacd', 'sndiod', '/etc/rc.conf']),
  );
  const { stdout } = await lab.on(
    'mimando',
    'rcctl disable ntpd; cat /etc/rc.conf.local; rcctl enable ntpd; ls /etc/rc.conf.local',
  );
  expect(stdout).toBe('ntpd_flags=NO\n');
});

test('rc.conf.local gives a daemon no class, and keys are read whatever their case', async () => {
  const { must } = lab;
  await must('mimando', "print 'smtpd_class=staff\nSMTPD_Flags=-v # loud' >/etc/rc.conf.local");
  expect(await must('mimando', 'rcctl get smtpd class; rcctl get smtpd flags; rm /etc/rc.conf.local')).toBe(
    'daemon\n-v\n',
  );
});

test('an interface shows that it makes no address of its own after RFC 7217', async () => {
  const text = await lab.must('mimando', 'ifconfig wg7 create; ifconfig wg7 -soii; ifconfig wg7; ifconfig wg7 destroy');
  expect(parseWgInterface(text)).toMatchObject({ name: 'wg7' });
  expect(text).toMatch(/^wg7: flags=408082<BROADCAST,NOARP,MULTICAST,INET6_NOSOII> mtu 1420$/m);
});

test('a client does not wait forever for a server that ended during the session', async () => {
  const silent = lab.on('namorar', 'rcctl stop smtpd; timeout 20 nc -l 192.0.2.25 25; rcctl start smtpd');
  await eventually(lab, 'namorar', 'pgrep -x nc && netstat -ln -p tcp | grep -q "192[.]0[.]2[.]25[.]25 "', 20);
  const sent = await lab.on(
    'internet',
    'MX=mx2.example.com PATIENCE=2 timeout 15 /usr/local/lab/send a@b.example test@example.com hello </dev/null',
  );
  expect(sent).toMatchObject({ exit: 75, stdout: expect.stringContaining('421 connection lost') });
  await silent;
});

test('tcpdrop ends a connection that nobody answers, and says so where there is none', async () => {
  const ended = await lab.on(
    'namorar',
    `nc -w 20 192.0.2.99 25 & sleep 1
    set -- $(netstat -n -p tcp | awk '$NF == "SYN_SENT" { sub(/.*[.]/, "", $4); print $4 }')
    tcpdrop 192.0.2.25 $1 192.0.2.99 25 | sed "s/$1/PORT/"; wait $!; echo $?
    tcpdrop 192.0.2.25 $1 192.0.2.99 25 2>&1 | sed "s/$1/PORT/"`,
  );
  expect(ended.stdout).toBe(
    '192.0.2.25:PORT 192.0.2.99:25 dropped\n1\ntcpdrop: 192.0.2.25 PORT 192.0.2.99 25: No such process\n',
  );
});

test.each(['/bin/cksum', '/sbin/mkfifo', '/bin/tar'])('%s is where the release has it', async path => {
  expect(await lab.must('mimando', `command -v ${path.split('/').at(-1)}`)).toBe(`${path}\n`);
});

test('wgpka makes no handshake in a live session, nor does the same key; one that is not clamped does', async () => {
  const key = randomBytes(32);
  key[0] = Number(key[0]) & 0xf8;
  key[31] = (Number(key[31]) & 0x7f) | 0x40;
  const [clamped, other] = [key.toString('base64'), randomBytes(32).toString('base64')];
  key[0] |= 1;
  const made = (private_: string): string => `ifconfig wg0 create wgkey '${private_}' wgport 6900; ifconfig wg0`;
  const publicOf = async (host: string, private_: string) =>
    /wgpubkey (\S+)/.exec(await lab.must(host, made(private_)))?.[1] ?? '';
  const [relay, gateway] = [await publicOf('namorar', other), await publicOf('carinho', clamped)];
  await lab.must('namorar', `ifconfig wg0 wgpeer '${gateway}' wgaip fd00::1/128; ifconfig wg0 inet6 fd00::2/64`);
  await lab.must(
    'carinho',
    `ifconfig wg0 wgpeer '${relay}' wgendpoint 192.0.2.25 6900 wgaip fd00::2/128; ifconfig wg0 inet6 fd00::1/64`,
  );
  await lab.on('carinho', 'ping6 -c 3 fd00::2');
  // On a busy machine the first initiation may be lost; the next one follows after 5 s.
  await eventually(lab, 'carinho', "ifconfig wg0 | grep -q 'last handshake'", 20);
  await lab.must('carinho', 'sleep 3');
  const ageAfter = async (words: string): Promise<number> => {
    const text = await lab.must('carinho', `ifconfig wg0 ${words} wgpeer '${relay}' wgpka 15; sleep 1; ifconfig wg0`);
    return Number(/last handshake: (\d+) seconds/.exec(text)?.[1] ?? Number.NaN);
  };
  expect(await ageAfter('')).toBeGreaterThanOrEqual(3);
  expect(await ageAfter(`wgkey '${clamped}'`)).toBeGreaterThanOrEqual(4);
  await lab.must('carinho', `ifconfig wg0 wgkey '${key.toString('base64')}' wgpeer '${relay}' wgpka 15`);
  await eventually(lab, 'carinho', "ifconfig wg0 | grep -q 'last handshake: [0-2] seconds'", 20);
  await Promise.all(['namorar', 'carinho'].map(host => lab.must(host, 'ifconfig wg0 destroy')));
});

test('an address and a prefix length in two words are no address of an interface', async () => {
  const { exit, stderr } = await lab.on('mimando', 'ifconfig wg7 create; ifconfig wg7 inet6 fd00::1 64');
  expect([exit, stderr]).toEqual([1, 'ifconfig: 64: no address associated with name\n']);
  await lab.must('mimando', 'ifconfig wg7 destroy');
});

test('a host is ready when its own rc says so, and its /dev is not that of the machine', async () => {
  const marker = `/dev/.mailtun-${process.pid}`;
  await lab.must('mimando', `: >${marker}`);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync('/dev/.ready')).toBe(false);
  execFileSync('scripts/lab', ['reboot', 'mimando'], { env: { ...process.env, LAB: 'forms' }, stdio: 'ignore' });
  expect(await lab.must('mimando', `ls ${marker} 2>/dev/null; rcctl check sshd`)).toBe('sshd(ok)\n');
});

const TLS_ON_LOOPBACK = `rcctl stop smtpd; cd /etc/ssl/private; umask 077
openssl req -x509 -newkey rsa:2048 -nodes -keyout l.key -out l.crt -batch -subj /CN=localhost -days 9 2>/dev/null
sed '1i\\
pki l cert "/etc/ssl/private/l.crt"\\
pki l key "/etc/ssl/private/l.key"
s/^listen on lo0/& tls pki l/' /etc/mail/smtpd.conf >/tmp/conf; cat /tmp/conf >/etc/mail/smtpd.conf;`;
