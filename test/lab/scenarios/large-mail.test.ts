/** A gateway that was set up by hand takes 35M and cannot be changed: the relay takes no more than that, and tells the sender. */
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mailsIn, SEND_ON } from '../driver/mails.ts';
import { provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'large';
const lab = labCalled(LAB);
const { arrives } = mailsIn(lab, LAB);

beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).exit).toBe(0);
}, 120_000);
afterAll(lab.down);

/** Of so many K. Resolves to the last reply. */
async function sent(subject: string, size: number): Promise<string> {
  const words = ['send', '--from', 'alice@internet.example', '--to', 'test@example.com', '--subject', subject];
  const input = `${'x'.repeat(63)}\n`.repeat(size * 16);
  return (await execa('scripts/lab', words, { env: { LAB }, input, reject: false })).stdout;
}

const limit = (): Promise<string> => lab.must('namorar', "sed -n 's/^smtp max-message-size //p' /etc/mail/smtpd.conf");

test('a message between the limits of both is not taken and lost', async () => {
  // As both were before mailtun wrote their files, and as an older one wrote the relay's.
  const edit = (script: string) => `sed -i ${script} /etc/mail/smtpd.conf; rcctl restart smtpd`;
  await lab.must('carinho', edit("-e 1d -e '/max-message-size/d'"));
  await lab.must('namorar', edit("-e 's/max-message-size .*/max-message-size 35M/'"));
  await lab.must('carinho', 'rcctl stop sshd');
  await provisioned(LAB);
  expect(await limit()).toBe('35840K\n');
  const away = (await provisioned(LAB)).document.hosts.flatMap(({ changes }) => changes.map(({ why }) => why));
  expect(away).toContain('a message of more than 35840K: held back until carinho is changed as well');
  expect(await sent('too large', 35_900)).toMatch(/^55\d /);
  await lab.must('carinho', 'rcctl start sshd');
  // It can be asked, and is not changed without leave.
  await provisioned(LAB, '--host', 'namorar');
  expect(await limit()).toBe('35776K\n');
  expect(await sent('nearly too large', 35_770)).toMatch(/^250 /);
  await arrives('mimando', 'nearly too large', 60);
  const { document } = await provisioned(LAB, '--take-over');
  expect(document.totals.failed).toBe(0);
  expect(await limit()).toBe('36800K\n');
  expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  expect(await sent('large', 35_900)).toMatch(/^250 /);
  await lab.on('namorar', SEND_ON);
  await arrives('mimando', 'large', 60);
}, 200_000);
