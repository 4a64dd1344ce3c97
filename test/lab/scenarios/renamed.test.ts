/**
 * Hosts get other names while smtpd still runs with the former ones, without TLS: what DNS says of a former name is not where
 * its mail belongs, and is refused there for good.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'renamed';
const lab = labCalled(LAB);
const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
const HOSTS = ['namorar', 'carinho', 'mimando'];

beforeAll(async () => {
  await lab.up();
  const text = readFileSync(path, 'utf8').replace('mail:\n', 'mail:\n  tls: off\n');
  writeFileSync(path, text);
  await provisioned(LAB);
}, 120_000);
afterAll(lab.down);

/** What /etc/hosts has of mailtun's, on all hosts. */
const blocks = async (): Promise<string> =>
  (
    await Promise.all(HOSTS.map(host => lab.must(host, "sed -n '/^# mailtun: begin/,/^# mailtun: end/p' /etc/hosts")))
  ).join('');

/** Until the gateway has passed some more mail on, in both directions. */
async function moreMailSent(): Promise<void> {
  const count = `grep -c 'mta delivery .*result="Ok"' /var/log/maillog`;
  const before = Number((await lab.must('carinho', `${count} || :`)).trim());
  await eventually(lab, 'carinho', `[ "$(${count})" -ge ${before + 10} ]`, 60);
}

test.each([
  ['the public name of a relay', { 'smtp.example.com': 'out.example.com' }],
  [
    'names in the tunnel and the LAN',
    {
      'vpn1.example.com': 'far.example.com',
      'vpn0.example.com': 'near.example.com',
      'carinho.lan': 'casa.lan',
      'mimando.lan': 'mesa.lan',
    },
  ],
])(
  '%s: mail goes on if /etc/hosts has the new one before smtpd does',
  async (_, names) => {
    let refused: readonly string[] = [];
    const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
      let text = readFileSync(path, 'utf8');
      for (const [from, to] of Object.entries(names)) text = text.replaceAll(`name: ${from}`, `name: ${to}`);
      writeFileSync(path, text);
      expect((await provisioned(LAB, '--only', 'hosts-file')).document.totals.failed).toBe(0);
      // The running smtpd remembers what it has looked up as long as it has mail for it (mta.c).
      for (const host of HOSTS) await lab.must(host, 'rcctl restart smtpd');
      await moreMailSent();
      const logs = await Promise.all(HOSTS.map(host => lab.must(host, 'cat /var/log/maillog')));
      refused = logs.join('').match(/result="PermFail".*|Host not found/g) ?? [];
      const all = await provisioned(LAB);
      expect([all.exit, all.document.hosts.map(host => host.error)]).toEqual([0, [null, null, null]]);
    });
    expect([counts.lost, refused]).toEqual([0, []]);
    const text = await blocks();
    for (const [from, to] of Object.entries(names)) {
      expect(text).not.toContain(from);
      expect(text).toContain(to);
    }
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  },
  300_000,
);

// The relay refuses it at its public address.
test('smtpd alone does not relay to a new name that only DNS has', { timeout: 300_000 }, async () => {
  let why: readonly string[] = [];
  const { lost } = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('name: out.example.com');
    writeFileSync(path, text.replaceAll('name: out.example.com', 'name: mx2.example.com'));
    const { document } = await provisioned(LAB, '--only', 'smtpd');
    why = document.hosts.flatMap(({ name, changes }) => (name === 'carinho' ? changes.map(one => one.why) : []));
    await moreMailSent();
    expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  });
  expect([lost, why]).toEqual([
    0,
    ['relaying to mx2.example.com: held back until it is changed together with hosts-file'],
  ]);
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
});

test('the public address of the relay in a line of the admin is refused before anything is changed', {
  timeout: 300_000,
}, async () => {
  const [, name = 'none'] = /outbound:\s*\{?\s*name: ([\w.]+)/.exec(readFileSync(path, 'utf8')) ?? [];
  await lab.must(
    'carinho',
    `cp -p /etc/hosts /root; print "192.0.2.25 ${name} my-vm" >>/etc/hosts; rcctl restart smtpd; sleep 1`,
  );
  // Mail is lost there.
  await lab.must('carinho', 'sendmail -f test@example.com bob@internet.example', 'Subject: elsewhere\n\nhello\n');
  const refused = 'relay="192.0.2.25 .*result="PermFail" stat="550 Invalid recipient: <bob@internet.example>"';
  await eventually(lab, 'carinho', `grep -q '${refused}' /var/log/maillog`);
  const { exit, document } = await provisioned(LAB);
  const gateway = document.hosts.find(host => host.name === 'carinho');
  expect([exit, document.totals.changed, gateway?.error?.what]).toEqual([
    1,
    0,
    expect.stringMatching(
      new RegExp(`^line \\d+ of /etc/hosts on carinho gives ${name} another address, 192\\.0\\.2\\.25, `),
    ),
  ]);
  const { stdout } = await mailtun(LAB, 'status', 'inventory.yaml', '--json');
  expect(stdout).toContain('"code":"hosts-name-elsewhere"');
  expect(stdout).not.toContain('cannot-provision');
  await lab.must('carinho', 'cat /root/hosts >/etc/hosts');
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
});

// ifconfig does not show the key that the gateway's interface has. A run that was killed may have made one for the file only.
test('a relay whose preshared key is kept under its name gets another name, and a lost key another one', async () => {
  const text = readFileSync(path, 'utf8').replace(/^mail:/m, 'tunnel: { preshared_key: true }\nmail:');
  writeFileSync(path, text);
  expect((await provisioned(LAB)).exit).toBe(0);
  const key = await lab.must('carinho', 'cat /root/KEY_PRESHARED.namorar');
  writeFileSync(path, text.replace('  namorar:', '  vm:'));
  // Without the relay, which has that key: the tunnel works on.
  expect((await provisioned(LAB, '--host', 'carinho')).exit).toBe(0);
  expect((await provisioned(LAB)).exit).toBe(0);
  expect(await lab.must('carinho', 'cat /root/KEY_PRESHARED.vm')).toBe(key);
  for (const line of ['rm /root/KEY_PRESHARED.vm', 'openssl rand -base64 32 >/root/KEY_PRESHARED.vm']) {
    await lab.must('carinho', line);
    expect((await provisioned(LAB)).exit).toBe(0);
  }
  expect(await lab.must('namorar', 'cat /root/KEY_PRESHARED.carinho')).toBe(
    await lab.must('carinho', 'cat /root/KEY_PRESHARED.vm'),
  );
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  // As a killed run leaves it where both were lost: the same new key in both files, the former one in both interfaces.
  const ends = { namorar: 'carinho', carinho: 'vm' };
  const made = (await lab.must('carinho', 'openssl rand -base64 32')).trim();
  for (const [host, peer] of Object.entries(ends))
    await lab.must(host, `: >/var/run/mailtun.KEY_PRESHARED.${peer}; print ${made} >/root/KEY_PRESHARED.${peer}`);
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 2, failed: 0 });
  for (const [host, peer] of Object.entries(ends))
    await lab.must(host, `[ ! -e /var/run/mailtun.KEY_PRESHARED.${peer} ]`);
  await lab.must('carinho', 'sh /etc/netstart wg0');
  await eventually(lab, 'carinho', 'ping6 -c 1 -w 2 2001:db8:c1da::2');
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
});
