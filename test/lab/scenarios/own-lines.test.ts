/** What an admin adds to smtpd.conf lives in a file of its own: telephones hand in mail at the relay. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsIn } from '../driver/mails.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'own-lines';
const lab = labCalled(LAB);
const mails = mailsIn(lab, LAB);
const inventory = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
const OWN = '/etc/mail/smtpd.local.conf';

/** The example of mailtun.yaml(5). */
const EXAMPLE = readFileSync(new URL('../../../man/mailtun.yaml.5', import.meta.url), 'utf8')
  .split('\n')
  .flatMap(line => (line.startsWith('.Dl ') ? [line.slice(4).replaceAll('\\(dq', '"').replace(/\\e$/, '\\')] : []))
  .join('\n');

/** Hands in a mail at port 587, as a telephone does; prints the last reply. */
const PHONE = `
use IO::Socket::SSL; use MIME::Base64;
my ($password, $from, $to, $subject) = @ARGV;
my $client = IO::Socket::INET->new(PeerAddr => '192.0.2.25:587') or die "no connection\\n";
my $line;
sub answer { while ($line = <$client>) { last if $line =~ /^\\d{3} / } $line =~ s/\\s+$//; $line }
sub say_ { print $client "$_[0]\\r\\n"; answer() }
answer(); say_('EHLO phone'); say_('STARTTLS');
IO::Socket::SSL->start_SSL($client, SSL_verify_mode => 0) or die "no TLS\\n";
for ('EHLO phone', 'AUTH PLAIN ' . encode_base64("\\0jay\\0$password", ''), "MAIL FROM:<$from>", "RCPT TO:<$to>", 'DATA',
  "From: <$from>\\r\\nTo: <$to>\\r\\nSubject: $subject\\r\\n\\r\\nhello\\r\\n.") {
  last unless say_($_) =~ /^[23]/;
}
print $line;
`;
const phone = (password: string, to: string, subject: string): Promise<string> =>
  lab.must('internet', `perl - ${password} test@example.com ${to} ${subject}`, PHONE);

/** Hands in a mail at an MX for a recipient as it is written; prints the reply to each, and to the mail. */
const SENDER = `
my ($subject, @recipients) = @ARGV;
my $client = IO::Socket::INET->new(PeerAddr => '192.0.2.25:25') or die "no connection\\n";
my $line;
sub answer { while ($line = <$client>) { last if $line =~ /^\\d{3} / } $line =~ s/\\s+$//; print "$line\\n" }
sub say_ { print $client "$_[0]\\r\\n"; answer() }
use IO::Socket::INET;
answer();
say_($_) for 'EHLO there', 'MAIL FROM:<bob@internet.example>', map({ "RCPT TO:<$_>" } @recipients), 'DATA';
say_("From: <bob\\@internet.example>\\r\\nSubject: $subject\\r\\n\\r\\nhello\\r\\n.");
`;
const handIn = (subject: string, ...to: readonly string[]): Promise<string> =>
  lab.must('internet', `perl - ${subject} ${to.join(' ')}`, SENDER);

beforeAll(async () => {
  await lab.up();
  const text = readFileSync(inventory, 'utf8');
  writeFileSync(inventory, text.replaceAll(/^ {4}role: .*$/gm, '$&\n    own_lines: true'));
}, 120_000);
afterAll(lab.down);

describe('own lines', () => {
  test('are an empty file for root alone after the first run, and a second run changes nothing', async () => {
    const { exit, document } = await provisioned(LAB);
    expect([exit, document.hosts.map(host => host.error)]).toEqual([0, [null, null, null]]);
    for (const host of ['namorar', 'carinho', 'mimando'])
      expect(await lab.must(host, `stat -f '%OMp%OLp %Su:%Sg %z' ${OWN}`)).toBe('0600 root:wheel 0\n');
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test('are missing where mail for the postmaster without a domain is refused', async () => {
    expect(await handIn('too-early', 'postmaster')).toContain('550 Invalid recipient: <postmaster@mx2.example.com>');
  });

  test('are read by a restart once they have changed, and their text is not printed', async () => {
    const hash = (await lab.must('namorar', 'smtpctl encrypt', 'of the phone\n')).trim();
    await lab.must('namorar', 'umask 027; cat >/etc/mail/phones; chown root:_smtpd /etc/mail/phones', `jay\t${hash}\n`);
    await lab.must('namorar', `cat >${OWN}`, `${EXAMPLE}\n# a secret of mine\n`);
    const seen = await mailtun(LAB, 'provision', 'inventory.yaml', '--check', '--diff');
    expect(seen.exit).toBe(2);
    expect(seen.stdout).toContain(`started before ${OWN} changed`);
    expect(seen.stdout).not.toContain('secret of mine');
    const { exit, document } = await provisioned(LAB);
    expect([exit, document.totals.changed]).toEqual([0, 1]);
    expect(await lab.must('namorar', `cat ${OWN}`)).toContain('# a secret of mine');
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test('let telephones submit mail for inside and outside, and nobody else', async () => {
    expect(await phone('of:the:phone', 'bob@internet.example', 'wrong')).toMatch(/^535 /);
    const password = "'of the phone'";
    expect(await phone(password, 'bob@internet.example', 'to-the-world')).toMatch(/^250 .*accepted/);
    await mails.leaves('to-the-world');
    expect(await phone(password, 'test@example.com', 'to-us')).toMatch(/^250 .*accepted/);
    await mails.arrives('mimando', 'to-us');
    expect(await phone(password, 'nobody@example.com', 'to-nobody')).toMatch(/^550 /);
    expect(await mails.send('bob@internet.example', 'open-relay', '--mx', 'mx1.example.com')).toMatch(/^550 /);
    const [sent] = (await mails.outbox()).filter(text => text.includes('Subject: to-the-world'));
    expect(sent).toContain('X-Lab-Helo: smtp.example.com');
    expect(sent).not.toContain('192.0.2.254]');
  });

  test('accept mail for the postmaster without a domain, and for nobody else at the name of an MX', async () => {
    const replies = await handIn('no-domain', 'root', 'test@mx2.example.com', 'postmaster', 'Postmaster');
    expect(replies.match(/^\d{3}/gm)).toEqual(['220', '250', '250', '524', '524', '250', '250', '354', '250']);
    await mails.arrives('mimando', 'no-domain');
  });

  test('that smtpd refuses do not stop smtpd: the run fails, the file is named, and mail still flows', async () => {
    await lab.must('namorar', `cp -p ${OWN} /root/own; echo 'lisen on lo0 secret-word' >>${OWN}`);
    const { exit, document } = await provisioned(LAB);
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toMatch(
      /checks what smtpd reads failed.*smtpd\.local\.conf:\d+: syntax error/s,
    );
    expect(document.hosts[0]?.error?.what).not.toContain('secret-word');
    expect(await mails.send('test@example.com', 'goes-on')).toContain('250');
    await mails.arrives('mimando', 'goes-on');
    await lab.must('namorar', `cp /root/own ${OWN}`);
    expect((await provisioned(LAB)).exit).toBe(0);
  });

  test('may have actions that queued mail waits for: it is not stranded, not by undo either', async () => {
    await lab.must(
      'namorar',
      `{ echo 'action "partner" relay host smtp://[192.0.2.99]'; echo 'match from any for domain "partner.example" action "partner"'; } >>${OWN}`,
    );
    expect((await provisioned(LAB)).exit).toBe(0);
    expect(await mails.send('x@partner.example', 'partner', '--mx', 'mx1.example.com')).toContain('250');
    const { stdout } = await mailtun(LAB, 'status', 'inventory.yaml', '--json');
    expect(JSON.parse(stdout).hosts[0].smtpd).toMatchObject({ queued: 1, stranded: 0 });
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
    // Its action goes: mail for a host of the admin's own does not leave for anybody else.
    await lab.must('namorar', `cp /root/own ${OWN}`);
    const { document } = await provisioned(LAB);
    expect(document.hosts[0]?.error?.what).toMatch(/1 queued message needs an action .*"partner".*x@partner\.example/);
    expect(await lab.must('namorar', 'smtpctl show queue')).toContain('x@partner.example');
    // What is held for a disabled route is no longer shown, and goes when smtpd stops trying.
    await eventually(lab, 'namorar', 'smtpctl remove all; set -- /var/spool/smtpd/queue/*/*; test ! -e "$1"', 90);
    expect((await provisioned(LAB)).document.hosts.map(host => host.error)).toEqual([null, null, null]);
  });

  test('are kept by undo --all and when the key is removed', async () => {
    writeFileSync(inventory, readFileSync(inventory, 'utf8').replace('    own_lines: true\n', ''));
    expect((await provisioned(LAB)).exit).toBe(0);
    expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).not.toContain('include');
    expect((await mailtun(LAB, 'undo', 'inventory.yaml', '--all')).exit).toBe(0);
    expect(await lab.must('namorar', `cat ${OWN}`)).toContain('# a secret of mine');
  });

  test('are at first what a hand-made smtpd.conf had besides, commented out', async () => {
    await lab.must('mimando', `rm ${OWN}; printf 'listen on lo0 tag LOCAL\\n' >>/etc/mail/smtpd.conf`);
    const { stdout } = await mailtun(LAB, 'provision', 'inventory.yaml', '--check', '--host', 'mimando');
    expect(stdout).toContain('mailtun has no equivalent for: ');
    expect(stdout).toContain('listen on lo0 tag LOCAL');
    expect((await provisioned(LAB, '--take-over')).exit).toBe(0);
    expect(await lab.must('mimando', `cat ${OWN}`)).toMatch(
      /^# From the smtpd\.conf .*\n# listen on lo0 tag LOCAL\n$/s,
    );
  });
});
