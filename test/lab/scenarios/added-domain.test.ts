/** A domain is added while the gateway cannot be reached: what is sent to it is not refused for good meanwhile. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mailsIn, SEND_ON } from '../driver/mails.ts';
import { eventually, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'added';
const lab = labCalled(LAB);
const { send, submit, arrives, leaves } = mailsIn(lab, LAB);
const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;

beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).exit).toBe(0);
}, 120_000);
afterAll(lab.down);

const heldBy = async (): Promise<readonly string[]> =>
  (await provisioned(LAB)).document.hosts
    .filter(({ name }) => name === 'namorar')
    .flatMap(({ changes }) => changes.flatMap(({ applied, why }) => (applied ? [] : [why])));

// The domain is one whose MX is the internet's; so nobody is to send mail to others there meanwhile.
test('a domain put first, while the gateway cannot be reached', async () => {
  const inventory = readFileSync(path, 'utf8');
  const counts = await underMail(LAB, lab, { to: 'test@example.com', from: null }, async () => {
    await lab.must('carinho', 'rcctl stop sshd');
    writeFileSync(path, inventory.replace('domain: example.com', 'domain: [internet.example, example.com]'));
    const until = 'held back until carinho is changed as well';
    const held = await heldBy();
    await submit('mimando', 'test@example.com', 'test@internet.example', 'to the new domain');
    await leaves('to the new domain');
    await submit('namorar', 'root', 'root', 'of cron');
    await arrives('mimando', 'of cron');
    expect(held).toEqual([
      `recipient test@internet.example: ${until}`,
      `recipient postmaster@internet.example: ${until}`,
      `root's mail to postmaster@internet.example: ${until}`,
    ]);
    // The former domain goes as well: root's mail still needs its postmaster.
    writeFileSync(path, inventory.replace('domain: example.com', 'domain: internet.example'));
    await heldBy();
    await submit('namorar', 'root', 'root', 'of cron, later');
    await arrives('mimando', 'of cron, later');
    writeFileSync(path, inventory.replace('domain: example.com', 'domain: [internet.example, example.com]'));
    await lab.must('carinho', 'rcctl start sshd');
    expect((await provisioned(LAB)).exit).toBe(0);
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
    expect(await lab.must('namorar', 'cat /etc/mail/aliases')).toContain('\nroot: postmaster@internet.example\n');
    await submit('namorar', 'root', 'root', 'of cron, at last');
    await arrives('mimando', 'of cron, at last');
  });
  expect(counts).toMatchObject({ lost: 0, knowingly: [] });
}, 300_000);

test('a domain whose MX leads to the relay already, while the gateway cannot be reached', async () => {
  const inventory = readFileSync(path, 'utf8').replace(/domain: .*/, 'domain: example.com');
  writeFileSync(path, inventory);
  for (let run = 0; run < 3; run += 1) await provisioned(LAB);
  const counts = await underMail(LAB, lab, { to: 'test@example.com' }, async () => {
    await lab.must('carinho', 'rcctl stop sshd');
    writeFileSync(path, inventory.replace('domain: example.com', 'domain: [example.com, example.net]'));
    expect(await heldBy()).toContain('recipient test@example.net: held back until carinho is changed as well');
    const subjects = [1, 2, 3].flatMap(n => [`of a user ${n}.`, `of the relay ${n}.`]);
    for (const subject of subjects) {
      const [host, from] = subject.includes('relay') ? ['namorar', 'root'] : ['mimando', 'test@example.com'];
      await submit(host ?? '', from ?? '', 'test@example.net', subject);
    }
    const waiting = "smtpctl show queue | grep -c '|test@example.net|.*|450 4.3.2 Not accepted yet'";
    await eventually(lab, 'namorar', `[ $(${waiting}) -eq ${subjects.length} ]`, 60);
    expect(await send('test@example.net', 'from the world')).toMatch(/^45/);
    // From the gateway and from users of the relay, and not from the relay itself.
    const taken = await lab.must('namorar', "grep -c 'smtp envelope .*to=<test@example.net>' /var/log/maillog");
    expect(Number(taken)).toBe(subjects.length);
    await lab.must('carinho', 'rcctl start sshd');
    expect((await provisioned(LAB)).exit).toBe(0);
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
    expect(await lab.must('namorar', 'cat /etc/mail/smtpd.conf')).not.toContain('pending');
    await lab.on('namorar', SEND_ON);
    for (const subject of subjects) await arrives('mimando', subject, 60);
  });
  expect(counts).toMatchObject({ lost: 0, knowingly: [] });
}, 300_000);
