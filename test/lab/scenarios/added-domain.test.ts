/** A domain is added while the gateway cannot be reached: what users and the hosts themselves send is not refused meanwhile. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mailsIn } from '../driver/mails.ts';
import { provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'added';
const lab = labCalled(LAB);
const { submit, arrives, leaves } = mailsIn(lab, LAB);
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
