/** smtpd is restarted while mail is being taken: whoever hands it in hears that it was, and no mail becomes two. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startsOf } from '../driver/logs.ts';
import { mailsIn } from '../driver/mails.ts';
import { eventually, mailtun, provisioned, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'restarts';
const lab = labCalled(LAB);
const mails = mailsIn(lab, LAB);

// A mail server that has sent all of a mail but its last line, and waits for /tmp/go with that; prints the last answer.
const SLOW = `rm -f /tmp/go /tmp/waits; perl -MIO::Socket::IP -e '
  my $smtp = IO::Socket::IP->new(PeerHost => "192.0.2.25", PeerPort => 25) or die;
  $smtp->autoflush(1);
  my $answer;
  sub ask { print $smtp "$_[0]\\r\\n"; do { $answer = <$smtp> // "421 connection lost\\n" } while $answer =~ /^...-/ }
  $SIG{PIPE} = "IGNORE";
  <$smtp>;
  ask($_) for "EHLO mx.internet.example", "MAIL FROM:<slow\\@internet.example>", "RCPT TO:<test\\@example.com>", "DATA";
  print $smtp "Subject: $ARGV[0]\\r\\n\\r\\n";
  open my $waits, ">", "/tmp/waits"; close $waits;
  select undef, undef, undef, 0.1 until -e "/tmp/go";
  ask(".");
  print $answer;
' "$1"`;

const slow = (subject: string): Promise<string> => lab.must('internet', `set -- '${subject}'\n${SLOW}`);
const due = (): Promise<string> => lab.must('namorar', 'touch /etc/mail/smtpd.conf');
const isPaused = (): Promise<void> => eventually(lab, 'namorar', 'smtpctl show status | grep -q "MTA paused"', 20);
const starts = (): Promise<number> => startsOf(lab, 'namorar');

beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
}, 120_000);
afterAll(lab.down);

test.each([
  ['a run', ['provision', '--only', 'smtpd']],
  ['undo', ['undo', '--host', 'namorar']],
])('under %s the mail is taken and answered before smtpd ends, and sendmail works until then', async (who, words) => {
  const answer = slow(`${who} whole`);
  await eventually(lab, 'internet', '[ -e /tmp/waits ]');
  if (who !== 'undo') await due();
  const before = await starts();
  const run = mailtun(LAB, ...words, 'inventory.yaml');
  await isPaused();
  await mails.submit('namorar', 'root@vpn1.example.com', 'test@example.com', `${who} meanwhile`);
  await lab.must('internet', 'touch /tmp/go');
  expect(await answer).toMatch(/^250 2\.0\.0/);
  expect(await run).toMatchObject({ exit: 0 });
  expect((await starts()) - before).toBe(1);
  for (const subject of ['whole', 'meanwhile']) await mails.arrives('mimando', `${who} ${subject}`);
});

test('one that is never finished keeps smtpd for some seconds at most, and a run that is killed leaves nothing paused', async () => {
  const answer = slow('never whole');
  await eventually(lab, 'internet', '[ -e /tmp/waits ]');
  await due();
  const before = await starts();
  const run = started(LAB, 'provision', 'inventory.yaml', '--only', 'smtpd');
  await isPaused();
  run.kill('SIGKILL');
  await run;
  const killed = Date.now();
  while ((await starts()) === before && Date.now() < killed + 20_000) await pause(250);
  expect((await starts()) - before).toBe(1);
  await eventually(lab, 'namorar', '[ "$(smtpctl show status | grep -c running)" = 3 ]', 5);
  await lab.must('internet', 'touch /tmp/go');
  expect(await answer).toContain('421');
});
