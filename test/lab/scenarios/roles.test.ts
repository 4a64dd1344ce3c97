/**
 * A host gets another role while a neighbour that is to know it in that role cannot be reached; without TLS, where it is
 * refused for good.
 */
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { mailtun, provisioned } from '../driver/mailtun.ts';
import { severalStations, twoRelays } from '../driver/many.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'roles';
const lab = labCalled(LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB } });
const HOSTS = ['namorar', 'carinho', 'mimando', 'saudade'];
const MAILS = { to: 'test@example.com', hosts: HOSTS, mailboxes: ['mimando', 'carinho', 'saudade'] };

beforeEach(async () => {
  await script('up', 'saudade');
  await script('fresh', 'all');
}, 120_000);
afterAll(lab.down);

const withoutTls = (text: string): string => text.replace('\nmail:\n', '\nmail:\n  tls: false\n');
const relay = (): string => withoutTls(twoRelays(LAB).replace('domain: example.net', 'domain: example.com'));
const workstation = (): string => withoutTls(severalStations(LAB)).replace('ana: jay@saudade', 'ana: jay@mimando');

/** The path of an inventory. */
const written = (text: string): string => {
  const path = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
  writeFileSync(path, text);
  return path;
};
/** What each host says, by name. */
const becomes = async (text: string, ...options: readonly string[]) => {
  written(text);
  const { document } = await provisioned(LAB, ...options);
  return new Map(document.hosts.map(host => [host.name, host]));
};
/** Without leave: what a host has that gets another role can leave. */
const settles = async (text: string): Promise<void> => {
  let hosts = [...(await becomes(text)).values()];
  for (let run = 0; run < 10; run += 1) {
    if (hosts.every(host => host.ok && host.changed === 0)) return;
    hosts = [...(await becomes(text)).values()];
  }
  throw new Error(`not settled: ${JSON.stringify(hosts)}`);
};

/** Mails of a user of saudade, which wait while smtpd there hands nothing over; the subjects that never leave. */
async function underUser(work: () => Promise<void>): Promise<readonly string[]> {
  const subjects = ['one', 'two', 'three'].map(word => `${word} of saudade`);
  await lab.must('saudade', 'smtpctl pause mta');
  for (const subject of subjects)
    await lab.must(
      'saudade',
      `printf 'Subject: ${subject}\\n\\nhello\\n' | sendmail -f test@example.com bob@internet.example`,
    );
  await work();
  await lab.on('saudade', 'smtpctl resume mta');
  for (let turn = 0; turn < 30; turn += 1) {
    const { stdout } = await lab.on('internet', 'cat /var/outbox/*');
    if (subjects.every(subject => stdout.includes(subject))) return [];
    await lab.on('saudade', 'smtpctl schedule all');
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  const { stdout } = await lab.on('internet', 'cat /var/outbox/*');
  return subjects.filter(subject => !stdout.includes(subject));
}

test('a relay becomes a workstation when the gateway knows it as one, and its outbound mail is sent', async () => {
  await settles(relay());
  const counts = await underMail(LAB, lab, MAILS, async () => {
    const lost = await underUser(async () => {
      await lab.must('carinho', 'rcctl stop sshd');
      const { stdout } = await mailtun(LAB, 'provision', written(workstation()), '--host', 'saudade');
      expect(stdout).toContain('smtpd.conf: held back until carinho is changed as well');
    });
    expect(lost).toEqual([]);
    await lab.must('carinho', 'rcctl start sshd');
    expect(await underUser(() => settles(workstation()))).toEqual([]);
  });
  console.log(JSON.stringify(counts));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
  expect(await lab.must('saudade', 'cat /etc/mail/smtpd.conf')).toContain('listen on 2001:db8:6969::3');
});

const tls = (text: string): string => text.replace('\n  tls: false', '');
test.each([
  ['with TLS', () => tls(workstation()), () => tls(relay())],
  ['without', workstation, relay],
  ['with TLS from then on', workstation, () => tls(relay())],
])('a workstation becomes a relay when its mail has left, %s', async (_, before, after) => {
  await settles(before());
  const counts = await underMail(LAB, lab, MAILS, async () => {
    const lost = await underUser(async () => {
      await becomes(after());
      await lab.must('saudade', 'smtpctl resume mta; smtpctl schedule all');
      await settles(after());
    });
    expect(lost).toEqual([]);
  });
  console.log(JSON.stringify(counts));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
});

test('a workstation that cannot be reached continues to send when the inventory has it as a relay', async () => {
  await settles(workstation());
  const counts = await underMail(LAB, lab, MAILS, async () => {
    await lab.must('saudade', 'rcctl stop sshd');
    const lost = await underUser(async () => {
      expect((await becomes(relay(), '--take-over')).get('carinho')).toMatchObject({ ok: true });
    });
    expect(lost).toEqual([]);
    await lab.must('saudade', 'rcctl start sshd');
    await settles(relay());
  });
  console.log(JSON.stringify(counts));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
});

test('the gateway has another address already, and its smtpd.conf waits for the relay to come: smtpd goes on running', async () => {
  await settles(tls(workstation()));
  const refuse = 'case " $* " in *" -f "*) exit 1 ;; esac; exec /usr/sbin/smtpd.real "$@"';
  await lab.must(
    'saudade',
    'cd /usr/sbin && mv smtpd smtpd.real && cat >smtpd && chmod 755 smtpd',
    `#!/bin/sh\n${refuse}\n`,
  );
  const moved = tls(relay()).replaceAll('2001:db8:c1da::1"', '2001:db8:c1da::9"');
  for (const _ of ['at first', 'again']) {
    const hosts = await becomes(moved, '--take-over');
    expect([hosts.get('saudade')?.ok, hosts.get('carinho')?.ok]).toEqual([false, true]);
    expect(await lab.must('carinho', 'ifconfig wg0; rcctl check smtpd')).toMatch(/c1da::9 [\s\S]*smtpd\(ok\)/);
  }
  await lab.must('saudade', 'mv /usr/sbin/smtpd.real /usr/sbin/smtpd');
  await settles(moved);
  expect(await lab.must('carinho', 'grep ^listen /etc/mail/smtpd.conf')).toContain('2001:db8:c1da::9');
});
