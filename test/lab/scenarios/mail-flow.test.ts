import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, mailtun } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { DIRECTORY, fetchPebble, layAcmeClient, startPebble } from '../driver/pebble.ts';
import { setUpByHand } from './by-hand.ts';

/** Mail from outside while something is done to the hosts: a sender outside keeps sending. */
const LAB = 'flow';
const lab = labCalled(LAB);
const RENEWALS = 5;
const HOSTS = ['namorar', 'carinho', 'mimando'] as const;
const provision = (...words: readonly string[]) => mailtun(LAB, 'provision', ...words);

beforeAll(async () => {
  await fetchPebble();
  await lab.up();
  const folder = `/var/tmp/mailtun-lab/${LAB}`;
  const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  writeFileSync(`${folder}/inventory-off.yaml`, `packet_filter: off\n${text}`);
  const certificates = `certificates: { acme: { contact: hostmaster@example.com, directory_url: "${DIRECTORY}" } }`;
  writeFileSync(`${folder}/inventory-acme.yaml`, text.replace(/^ {4}outbound:/m, `    ${certificates}\n    outbound:`));
}, 120_000);
afterAll(lab.down);

/** A relay that is being started anew cannot be reached: a mail server tries again, as this one does. */
const SENDER = `i=0
while [ ! -e /tmp/stop ]; do
  i=$((i + 1))
  until /usr/local/lab/send sender@internet.example test@example.com "$1 $i" </dev/null >>/tmp/answers 2>>/tmp/unanswered
  do [ $? -ne 1 ] || exit 1; sleep 0.5; done
  sleep 0.1
done
echo $i`;

/** Sends mail after mail until `work` is done, and three more; then each has to be in the maildir. */
async function underMail(name: string, restarts: number, work: () => Promise<void>): Promise<void> {
  await lab.must('internet', 'rm -f /tmp/stop /tmp/answers /tmp/unanswered');
  const sender = execa('scripts/lab', ['exec', 'internet', '--', '/bin/sh', '-c', SENDER, '-', name], {
    env: { LAB },
    stdin: 'ignore',
    reject: false,
  });
  try {
    await eventually(lab, 'mimando', `grep -Rqs 'Subject: ${name} 3' /home/jay`);
    await work();
    const taken = 'grep -c 250 /tmp/answers';
    const before = Number(await lab.must('internet', taken));
    await eventually(lab, 'internet', `[ $(${taken}) -ge ${before + 3} ]`);
  } finally {
    await lab.must('internet', ': >/tmp/stop');
  }
  const { exitCode, stdout } = await sender;
  expect(exitCode, await lab.must('internet', 'tail -n 3 /tmp/answers')).toBe(0);
  // What waits for a second try need not wait for its time here.
  for (const host of HOSTS) {
    const isEmpty = 'smtpctl resume mta >/dev/null; smtpctl schedule all >/dev/null; [ -z "$(smtpctl show queue)" ]';
    await eventually(lab, host, isEmpty, 90);
  }
  const sent = Array.from({ length: Number(stdout) }, (_, index) => `${name} ${index + 1}`);
  const arrived = (await inbox()).filter(mail => mail.subject.startsWith(name));
  const reported = await lab.must('internet', 'cat /tmp/unanswered');
  const unanswered = [...reported.matchAll(/"([^"]+)"/g)].map(match => match[1] ?? '');
  console.log(JSON.stringify({ name, sent: sent.length, arrived: arrived.length, unanswered }));
  expect(sent.length).toBeGreaterThan(10);
  const lost = sent.filter(subject => arrived.every(mail => mail.subject !== subject));
  expect(lost, 'lost').toEqual([]);
  // The relay's smtpd may be ended between the gateway's answer and its own note of it: then it hands the same message
  // over again, as SMTP wants it (RFC 1047). What was one message there is one here.
  const messages = [...new Map(arrived.map(mail => [mail.relayId, mail.subject])).values()];
  const doubled = messages.filter((subject, index) => messages.indexOf(subject) !== index);
  expect(
    doubled.filter(subject => !unanswered.includes(subject)),
    'more than once',
  ).toEqual([]);
  expect(arrived.length - messages.length, 'handed over again by the relay').toBeLessThanOrEqual(restarts);
}

/** Every mail in the maildir; the lowest of its Received lines is the relay's. */
async function inbox(): Promise<readonly { readonly subject: string; readonly relayId: string }[]> {
  const { stdout } = await execa('scripts/lab', ['inbox', 'jay@mimando'], { env: { LAB } });
  return stdout.split(/^== /m).flatMap(mail => {
    const [, subject] = /^Subject: (.+)$/m.exec(mail) ?? [];
    const ids = [...mail.matchAll(/^Received:[\s\S]*?\bid ([0-9a-f]{8})\b/gm)].map(match => match[1] ?? '');
    return subject === undefined ? [] : [{ subject, relayId: ids.at(-1) ?? '' }];
  });
}

describe('mail from outside is neither lost nor duplicated', () => {
  test('while provision turns the packet filter on and off', async () => {
    expect(await provision('inventory-off.yaml')).toMatchObject({ exit: 0 });
    await underMail('filter', 0, async () => {
      expect(await provision('inventory.yaml')).toMatchObject({ exit: 0 });
      expect(await lab.must('namorar', 'pfctl -a mailtun -sr')).toContain('block return quick on wg0');
      expect(await provision('inventory-off.yaml')).toMatchObject({ exit: 0 });
    });
  });

  test('while renewed certificates restart smtpd, again and again', async () => {
    await layAcmeClient(lab);
    await startPebble(lab);
    expect(await provision('inventory-acme.yaml')).toMatchObject({ exit: 0 });
    const renew = `eval "$(crontab -l | sed -n '/certificates: begin/{n;p;}' | cut -f 6-)"`;
    const started = () => lab.must('namorar', 'pgrep -o -xf /usr/sbin/smtpd');
    await underMail('renewal', RENEWALS, async () => {
      for (let renewals = 0; renewals < RENEWALS; renewals += 1) {
        const before = await started();
        await lab.must('namorar', 'rm /etc/ssl/mx1.example.com.crt /etc/ssl/mx2.example.com.crt');
        await lab.on('namorar', renew);
        expect(await started()).not.toBe(before);
      }
    });
  });

  test('while machines that were set up by hand are adopted', async () => {
    await execa('scripts/lab', ['fresh', 'all'], { env: { LAB }, stdin: 'ignore', timeout: 90_000 });
    await setUpByHand(lab);
    await underMail('adoption', 2, async () => {
      const taken = await provision('inventory.yaml', '--take-over');
      expect(taken.exit, taken.stdout + taken.stderr).toBe(0);
    });
    expect(await provision('inventory.yaml', '--check')).toMatchObject({ exit: 0 });
  });
});
