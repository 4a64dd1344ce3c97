/** Junk stays outside: smtpd's own filters, programs of others, and what is said of what they refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { mailsIn } from '../driver/mails.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'filters';
const lab = labCalled(LAB);
const mails = mailsIn(lab, LAB);
const folder = `/var/tmp/mailtun-lab/${LAB}`;
let inventory = '';

const withFilters = (filters: string): Promise<Awaited<ReturnType<typeof provisioned>>> => {
  writeFileSync(`${folder}/inventory.yaml`, inventory.replace('    role: relay\n', `$&    filters: ${filters}\n`));
  return provisioned(LAB, '--host', 'namorar');
};
const list = (name: string, text: string): string => {
  writeFileSync(`${folder}/${name}`, text);
  return name;
};

/** A client of another address and name, without TLS, on the internet's host; prints the last reply. */
const CLIENT = `
use IO::Socket::IP;
my ($local, $helo, $from, $subject) = @ARGV;
my $client = IO::Socket::IP->new(PeerHost => '192.0.2.25', PeerPort => 25, LocalHost => $local) or die "no connection: $@\\n";
my $line;
sub answer { while ($line = <$client>) { last if $line =~ /^\\d{3} / } $line =~ s/\\s+$//; $line }
sub say_ { print $client "$_[0]\\r\\n"; answer() }
answer();
for ("EHLO $helo", "MAIL FROM:<$from>", 'RCPT TO:<test@example.com>', 'DATA', "Subject: $subject\\r\\n\\r\\nhello\\r\\n.") {
  last unless say_($_) =~ /^[23]/;
}
print "$line\\n";
print $client "QUIT\\r\\n";
`;
const NAMELESS = '192.0.2.200';
const KNOWN = '192.0.2.254';
/** Resolves to the last reply, when the relay's log has what smtpd says of the session. */
const client = async (local: string, helo: string, from: string, subject = 'none'): Promise<string> => {
  const reply = await lab.must('internet', `perl - ${local} ${helo} ${from} ${subject}`, CLIENT);
  await maillogOf(lab, 'namorar');
  return reply;
};
const status = async () => {
  const { exit, stdout } = await mailtun(LAB, 'status', 'inventory.yaml', '--json');
  return { exit, relay: JSON.parse(stdout).hosts[0] };
};

beforeAll(async () => {
  await lab.up();
  inventory = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  await lab.must('internet', `ip addr add ${NAMELESS}/24 dev vio1`);
}, 120_000);
afterAll(lab.down);

describe("smtpd's own filters", () => {
  test('refuse by address, sender and HELO or EHLO name, and accept the rest', async () => {
    const files = `block: ${list('a', '192.0.2.200\n')}, block_senders: ${list('s', '@evil.example\n')}, block_helo: ${list('h', '*.dyn.example\n')}`;
    const { exit } = await withFilters(`{ ${files} }`);
    expect(exit).toBe(0);
    expect(await client(NAMELESS, 'x.example', 'a@b.example')).toMatch(/^550 5\.7\.1 No mail from your address/);
    expect(await client(KNOWN, 'x.example', 'a@evil.example')).toMatch(/^550 5\.7\.1 No mail from this sender/);
    expect(await client(KNOWN, 'x9.dyn.example', 'a@b.example')).toMatch(
      /^550 5\.7\.1 No mail from hosts of this name/,
    );
    expect(await client(KNOWN, 'x.example', 'a@b.example', 'welcome')).toMatch(/^250 .*accepted/);
    await mails.arrives('mimando', 'welcome');
    const { exit: again, document } = await provisioned(LAB);
    expect([again, document.totals.changed]).toEqual([0, 0]);
  });

  test('count what they refuse, by reason, and doctor says why', async () => {
    const { exit, relay } = await status();
    expect(exit).toBe(0);
    expect(relay.smtpd.refused).toMatchObject({ count: 3, logged: [] });
    expect(relay.smtpd.refused.reasons).toContainEqual({ reason: '550 5.7.1 No mail from this sender', count: 1 });
    const why = async (who: string) => (await mailtun(LAB, 'doctor', 'inventory.yaml', '--why', who)).stdout;
    expect(await why('a@evil.example')).toMatch(
      /namorar: 192\.0\.2\.254 \(.*\)\n {2}refused {3}MAIL FROM:<a@evil\.example>: 550 .* \(filters\.block_senders\)/,
    );
    expect(await why(NAMELESS)).toContain('(filters.block)');
    expect(await why('b.example')).toContain('accepted  from <a@b.example> to <test@example.com>');
    expect(await why('nobody.example')).toContain('nothing about nobody.example');
  });

  test('refuse by the name in the PTR record; a client without one is not on that list', async () => {
    expect((await withFilters(`{ block_rdns: ${list('n', '*.internet.example\npool.ntp.org\n')} }`)).exit).toBe(0);
    expect(await client(KNOWN, 'x.example', 'a@b.example')).toMatch(/^550 5\.7\.1 No mail from addresses of this name/);
    expect(await client(NAMELESS, 'x.example', 'a@b.example', 'nameless')).toMatch(/^250 .*accepted/);
    await mails.arrives('mimando', 'nameless');
    expect((await mailtun(LAB, 'doctor', 'inventory.yaml', '--why', KNOWN)).stdout).toContain('(filters.block_rdns)');
    expect((await provisioned(LAB)).document.totals.changed).toBe(0);
  });

  test('refuse a client without a PTR record temporarily, but not the relay itself', async () => {
    expect((await withFilters('{ rdns: reject, fcrdns: reject }')).exit).toBe(0);
    expect(await client(NAMELESS, 'x.example', 'a@b.example')).toMatch(/^450 4\.7\.25 /);
    expect((await status()).exit).toBe(0);
  });

  test('mark as junk, and only log', async () => {
    const { exit } = await withFilters(`{ rdns: junk, fcrdns: log, block: { file: a, action: log } }`);
    expect(exit).toBe(0);
    expect(await client(NAMELESS, 'x.example', 'a@b.example', 'marked')).toMatch(/^250 .*accepted/);
    await mails.arrives('mimando', 'marked');
    const header = `grep -Rl 'Subject: marked' /home/jay/maildir/in/new | xargs grep -c '^X-Spam: Yes'`;
    expect(await lab.must('mimando', header)).toBe('1\n');
    expect((await status()).relay.smtpd.refused.logged).toEqual(
      expect.arrayContaining([
        { filter: 'block', count: 1 },
        { filter: 'fcrdns', count: 1 },
      ]),
    );
  });

  test('a bad line of a list is named, and nothing is contacted', async () => {
    list('a', '192.0.2.1\nspam.example\n');
    const { exit, stderr } = await mailtun(LAB, 'provision', 'inventory.yaml');
    expect(exit).toBe(64);
    expect(stderr).toContain('/a:2: "spam.example" is not an address or a network');
  });
});

describe('filter programs', () => {
  const program = (text: string): Promise<string> =>
    lab.must(
      'namorar',
      'cat >/usr/local/libexec/f; chmod 755 /usr/local/libexec/f; mkdir -p /usr/local/libexec/smtpd; ln -sf ../f /usr/local/libexec/smtpd/filter-f',
      text,
    );
  const own = '[{ name: mine, command: /usr/local/libexec/f }]';

  test('get mail from the internet, and others get outbound mail', async () => {
    // It refuses every sender whose local part is its argument.
    await program(`#!/bin/sh
while IFS= read -r line && [ "$line" != 'config|ready' ]; do :; done
echo 'register|filter|smtp-in|mail-from'; echo 'register|ready'
while IFS='|' read -r kind version time direction event session token from; do
  case $from in "$1"@*) echo "filter-result|$session|$token|reject|550 5.7.1 not $1";; *) echo "filter-result|$session|$token|proceed";; esac
done
`);
    const text = inventory
      .replace('    role: relay\n', '$&    filters: [{ name: in, command: filter-f eve }]\n')
      .replace(/(outbound: \{.*) \}/, '$1, filters: [{ name: out, command: /usr/local/libexec/f eva }] }');
    writeFileSync(`${folder}/inventory.yaml`, text);
    expect((await provisioned(LAB)).exit).toBe(0);
    expect(await client(KNOWN, 'x.example', 'eve@b.example')).toBe('550 5.7.1 not eve\n');
    expect(await client(KNOWN, 'x.example', 'eva@b.example', 'eva-in')).toMatch(/^250 /);
    await mails.submit('mimando', 'eve@example.com', 'bob@internet.example', 'eve-out');
    await mails.leaves('eve-out');
    expect(await maillogOf(lab, 'namorar')).not.toContain('not eva');
    await mails.submit('mimando', 'eva@example.com', 'bob@internet.example', 'eva-out');
    await eventually(lab, 'namorar', 'grep -q "not eva" /var/log/maillog');
    expect((await mails.outbox()).filter(mail => mail.includes('eva-out'))).toEqual([]);
  });

  test('one that fails is reported when it has refused two messages, until one is accepted', async () => {
    // As filter-rspamd 0.1.8 answers while rspamd does not run.
    await program(`#!/bin/sh
while IFS= read -r line && [ "$line" != 'config|ready' ]; do :; done
echo 'register|filter|smtp-in|data'; echo 'register|ready'
while IFS='|' read -r kind version time direction event session token rest; do
  if [ -e /tmp/works ]; then echo "filter-result|$session|$token|proceed"; continue; fi
  echo 'connection refused' >&2
  echo "filter-result|$session|$token|reject|421 server internal error"
done
`);
    expect((await withFilters('[{ name: judge, command: /usr/local/libexec/f }]')).exit).toBe(0);
    const problems = async () => (await status()).relay.problems.map(({ code }: { code: string }) => code);
    await client(KNOWN, 'x.example', 'a@b.example', 'one');
    expect(await problems()).not.toContain('filter-fails');
    await client(KNOWN, 'x.example', 'a@b.example', 'two');
    const { stdout } = await mailtun(LAB, 'doctor', 'inventory.yaml', '--json');
    expect(JSON.parse(stdout).first).toMatchObject({
      code: 'filter-fails',
      evidence:
        'the last 2 messages were answered with 421; maillog: 421 server internal error; judge: connection refused',
    });
    await lab.must('namorar', 'touch /tmp/works');
    await client(KNOWN, 'x.example', 'a@b.example', 'three');
    expect(await problems()).not.toContain('filter-fails');
  });

  test('one that does not exist is named before anything is changed', async () => {
    const { exit, document } = await withFilters('[{ name: mine, command: filter-none }]');
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toContain('no program /usr/local/libexec/smtpd/filter-none');
    expect(document.hosts[0]?.changed).toBe(0);
  });

  test('one that ends makes smtpd exit: the run and doctor name it', async () => {
    await program('#!/bin/sh\necho no config >&2\nexit 1\n');
    const { exit, document } = await withFilters(own);
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toContain('lost processor: mine');
    const { stdout } = await mailtun(LAB, 'doctor', 'inventory.yaml', '--json');
    expect(JSON.parse(stdout).first).toMatchObject({
      code: 'filter-ended',
      evidence: 'maillog: lost processor: mine; mine: no config',
    });
  });

  test('one that does not become ready keeps smtpd from answering: the run and doctor name it', async () => {
    await program('#!/bin/sh\nexec sleep 3600\n');
    const { exit, document } = await withFilters(own);
    expect(exit).toBe(1);
    expect(document.hosts[0]?.error?.what).toContain('does not answer: it waits for a filter: mine');
    const { stdout } = await mailtun(LAB, 'doctor', 'inventory.yaml', '--json');
    expect(JSON.parse(stdout).first).toMatchObject({ code: 'filter-not-ready' });
  });

  test('without the key everything is as before', async () => {
    writeFileSync(`${folder}/inventory.yaml`, inventory);
    expect((await provisioned(LAB)).exit).toBe(0);
    expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).not.toContain('filter');
  });
});
