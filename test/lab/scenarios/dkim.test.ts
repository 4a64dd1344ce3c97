import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitingHeadersOf } from '../../../src/facts/waiting-headers.ts';
import { script } from '../../../src/run/quoting.ts';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';
import { verified } from '../driver/verifying.ts';

const name = 'signing';
const lab = labCalled(name);
const folder = mkdtempSync(join(tmpdir(), 'dkim-'));
const inventory = join(folder, 'signing.yaml');

/** The lab's inventory with this in `mail`. */
function wanting(lines: string): void {
  const text = readFileSync(`/var/tmp/mailtun-lab/${name}/inventory.yaml`, 'utf8');
  writeFileSync(inventory, text.replace(/^mail:\n/m, `mail:\n  ${lines}\n`));
}
const provision = async () => {
  const { exit, stdout, stderr } = await mailtun(name, 'provision', inventory, '--json');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return (JSON.parse(stdout) as { totals: { changed: number } }).totals.changed;
};
const zone = async (): Promise<string> => (await mailtun(name, 'dns', inventory)).stdout;
const publish = async (text: string): Promise<void> => {
  await execa('scripts/lab', ['publish'], { env: { LAB: name }, input: text, timeout: 30_000 });
};
const check = async () => {
  const { exit, stdout } = await mailtun(name, 'dns', inventory, '--check', '--json');
  const { findings } = JSON.parse(stdout) as { findings: { state: string; name: string }[] };
  return { exit, differs: findings.filter(one => one.state !== 'well').map(one => `${one.state} ${one.name}`) };
};
const send = (subject: string): Promise<string> =>
  lab.must(
    'mimando',
    `printf 'Subject: %s\\n\\nhello  there \\n.dot\\n\\n\\n' '${subject}' | sendmail -f test@example.com bob@internet.example`,
  );
// A session that has been idle for less than ten seconds when the relay's smtpd restarts takes the next mail, which waits for the
// watch: a minute at most.
const arrive = async (count: number) => {
  await eventually(lab, 'internet', `set -- /var/outbox/[0-9]*; [ -e "$1" ] && [ $# -ge ${count} ]`, 120);
  return verified(name);
};

beforeAll(async () => {
  await lab.up();
  await mailtun(name, 'provision', 'inventory.yaml');
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await lab.down();
});

describe('DKIM', () => {
  test('is refused before anything is changed if the package is not available', async () => {
    wanting('dkim: { selector: s1 }');
    await lab.must('namorar', 'cp /etc/installurl /root/; echo https://mirror.invalid/pub >/etc/installurl');
    const { exit, stdout } = await mailtun(name, 'provision', inventory, '--json');
    await lab.must('namorar', 'cp /root/installurl /etc/installurl');
    const { hosts } = JSON.parse(stdout) as { hosts: { name: string; changed: number; error: { what: string } }[] };
    expect(exit).toBe(1);
    expect(hosts.map(host => host.changed)).toEqual([0, 0, 0]);
    expect(hosts[0]?.error.what).toBe(
      "the package opensmtpd-filter-dkimsign cannot be installed: Can't find opensmtpd-filter-dkimsign--",
    );
  });

  test('signs once DNS has the record and not before; only the filter can read the key', async () => {
    await provision();
    expect(await provision()).toBe(0);
    expect(await lab.must('namorar', "stat -f '%OMp%OLp %Su:%Sg' /etc/mail/mailtun.dkim/s1.key")).toBe(
      '0400 _dkimsign:_dkimsign\n',
    );
    expect(await check()).toEqual({ exit: 2, differs: ['missing s1._domainkey.example.com.'] });
    await send('unsigned');
    expect(await arrive(1)).toEqual([{ subject: 'unsigned', signatures: [] }]);

    await publish(await zone());
    expect(await check()).toEqual({ exit: 0, differs: [] });
    expect(await provision()).toBe(2);
    expect(await provision()).toBe(0);
    await send('signed');
    expect((await arrive(2)).at(-1)).toEqual({ subject: 'signed', signatures: ['pass s1 rsa-sha256 example.com'] });
  });

  test("signs the relay's own mail as well", async () => {
    await lab.must('namorar', "print 'Subject: own\\n\\nhello' | sendmail -f test@example.com bob@internet.example");
    expect((await arrive(3)).at(-1)).toEqual({ subject: 'own', signatures: ['pass s1 rsa-sha256 example.com'] });
  });

  test('leaves headers in the queue that say what a receiver will see', async () => {
    await lab.must('namorar', 'smtpctl pause mta');
    await send('waits');
    await eventually(lab, 'namorar', 'smtpctl show queue | grep -q bob@internet.example');
    const { command, parse } = waitingHeadersOf(['example.com']);
    const asked = await lab.on('namorar', script(command.script, ...command.args));
    const answer = { exit: asked.exit, stdout: Buffer.from(asked.stdout), stderr: Buffer.from(asked.stderr) };
    expect(parse(answer)).toEqual([
      {
        evpid: expect.stringMatching(/^[0-9a-f]{16}$/),
        sender: 'test@example.com',
        from: 'example.com',
        signatures: [{ domain: 'example.com', selector: 's1' }],
      },
    ]);
    await lab.must('namorar', 'smtpctl resume mta');
    expect((await arrive(4)).at(-1)?.signatures).toEqual(['pass s1 rsa-sha256 example.com']);
  });

  test('changes to a new selector under mail, and every mail verifies', async () => {
    await lab.must('internet', 'rm -f /var/outbox/[0-9]*');
    const { delivered, lost } = await underMail(name, lab, { to: 'test@example.com', seconds: 120 }, async () => {
      wanting('dkim: { selector: s2, algorithm: ed25519 }');
      await provision();
      const both = await zone();
      expect(both).toMatch(/^s1\._domainkey\.example\.com\. +IN TXT +"v=DKIM1; k=rsa; p=/m);
      // The 32 bytes themselves (RFC 8463, 4.2), not the 44 of a SubjectPublicKeyInfo.
      expect(both).toMatch(/^s2\._domainkey\.example\.com\. +IN TXT +"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}="$/m);
      await publish(both);
      await provision();
      await eventually(lab, 'internet', "grep -q 's=s2' /var/outbox/[0-9]*", 60);
    });
    expect(delivered).toBeGreaterThan(10);
    expect(lost).toBe(0);
    const mails = await verified(name);
    const verdicts = mails.map(({ signatures }) => signatures.join());
    expect([...new Set(verdicts)].sort()).toEqual([
      'pass s1 rsa-sha256 example.com',
      'pass s2 ed25519-sha256 example.com',
    ]);
  });

  test('keeps the record of the old key until it is dropped', async () => {
    expect((await mailtun(name, 'dns', inventory, '--drop', 's2')).exit).toBe(64);
    expect(await zone()).toContain('s1._domainkey.example.com.');
    expect((await mailtun(name, 'dns', inventory, '--drop', 's1')).stderr).toBe('');
    expect(await mailtun(name, 'dns', inventory, '--drop', 's1')).toMatchObject({
      exit: 0,
      stderr: 'mailtun: no relay has a DKIM key of the selector s1\n',
    });
    expect(await zone()).not.toContain('s1._domainkey.example.com.');
    expect((await lab.on('namorar', 'ls /etc/mail/mailtun.dkim')).stdout).toBe('s2.key\ns2.record\n');
    expect(await provision()).toBe(0);
  });

  test('has TLSA records for the keys that smtpd presents, and they stay when a certificate is renewed', async () => {
    const text = readFileSync(inventory, 'utf8');
    writeFileSync(inventory, text.replace('role: relay', 'role: relay\n    tlsa: true'));
    const before = await zone();
    const digest = `openssl pkey -in /etc/ssl/private/mx1.example.com.key -pubout -outform DER | sha256 -q`;
    const shown = (await lab.must('namorar', digest)).trim();
    expect(before).toMatch(new RegExp(`^_25\\._tcp\\.mx1\\.example\\.com\\. +IN TLSA +3 1 1 ${shown}$`, 'm'));
    await publish(before);
    expect(await check()).toEqual({ exit: 0, differs: [] });
    await lab.must('namorar', 'rm /etc/ssl/private/mx1.example.com.ssc');
    await provision();
    expect(await zone()).toBe(before);
  });

  test('does not sign with a key that DNS has another record for', async () => {
    await publish((await zone()).replace(/p=.{10}/, 'p=AAAAAAAAAA'));
    expect(await check()).toEqual({ exit: 2, differs: ['wrong s2._domainkey.example.com.'] });
    expect(await provision()).toBe(2);
    expect(await lab.must('namorar', 'grep -c dkimsign /etc/mail/smtpd.conf || :')).toBe('0\n');
  });
});
