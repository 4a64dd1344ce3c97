/** The recipes of mailtun(1): a relay, a gateway or a workstation goes, another takes its place, and mail goes on. */
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { mailsIn, SEND_ON } from '../driver/mails.ts';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { gatewayMoved, severalStations, twoGateways, twoRelays } from '../driver/many.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'moves';
const lab = labCalled(LAB);
const { send, submit, leaves } = mailsIn(lab, LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB } });
const inventory = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;
const HOSTS = ['namorar', 'carinho', 'mimando', 'saudade'];

beforeEach(async () => {
  await script('up', 'saudade');
  await script('fresh', 'all');
}, 120_000);
afterAll(lab.down);

/** Every run does what it can; the last one finds nothing to do. */
const becomes = async (text: string, ...options: readonly string[]): Promise<void> => {
  writeFileSync(inventory, text);
  const first = await provisioned(LAB, ...options);
  expect(first.document.hosts.map(host => host.error)).toEqual(first.document.hosts.map(() => null));
};
const sendOn = (host: string): Promise<unknown> => lab.on(host, SEND_ON);
/** What is held back until mail has gone is done by a later run. */
const staysSo = async (): Promise<void> => {
  for (let run = 0; run < 20; run += 1) {
    const { exit, document } = await provisioned(LAB);
    expect(document.totals.failed).toBe(0);
    if (exit === 0 && document.totals.changed === 0) return;
    for (const { name } of document.hosts) await sendOn(name);
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  throw new Error('something is held back for ever');
};
const without = (text: string, host: string): string => {
  const rest = text.replace(new RegExp(`^  ${host}:\\n(    .*\\n)*`, 'm'), '');
  if (rest === text) throw new Error(`no ${host}`);
  return rest;
};
const retiring = (text: string, host: string): string =>
  text.replace(`  ${host}:\n`, `  ${host}:\n    retiring: true\n`);
const problemsOf = async (host: string): Promise<readonly { code: string; evidence: string }[]> => {
  const { stdout } = await mailtun(LAB, 'status', inventory, '--json');
  return JSON.parse(stdout).hosts.find((one: { name: string }) => one.name === host).problems;
};
/** By hand, while no mail is in transit: that would be sent twice, which is not mailtun's doing. */
const quietly = async (work: () => Promise<unknown>): Promise<void> => {
  const paused = await Promise.all(HOSTS.map(async host => (await lab.on(host, 'smtpctl pause mta')).exit === 0));
  for (const host of HOSTS.filter((_, index) => paused[index]))
    await eventually(lab, host, '! smtpctl show stats | grep -q "^mta.task=[1-9]"');
  await work();
  await Promise.all(HOSTS.map(host => lab.on(host, 'smtpctl resume mta')));
};
const queueIsEmpty = async (host: string): Promise<void> => {
  for (let turn = 0; turn < 60; turn += 1) {
    if ((await lab.must(host, 'smtpctl show queue')) === '') return;
    await sendOn(host);
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
  throw new Error(`${host} still has mail`);
};

describe('a relay moves to a new machine', () => {
  test('and no mail is lost', async () => {
    const both = twoRelays(LAB);
    await becomes(without(both, 'saudade'));
    const mails = { to: 'test@example.net', from: 'test@example.net', hosts: HOSTS };
    const counts = await underMail(LAB, lab, mails, async () => {
      await quietly(() => lab.must('carinho', 'rcctl stop smtpd'));
      expect(await send('test@example.net', 'waits', '--mx', 'mx2.example.com')).toContain('250');
      await lab.must('carinho', 'rcctl start smtpd');
      await becomes(retiring(both, 'namorar').replace('    endpoint: 192.0.2.25', `    filters: { rdns: log }\n$&`));
      await lab.must('namorar', 'smtpctl pause mta; echo still here | sendmail -f test@example.net test@example.net');
      await provisioned(LAB);
      writeFileSync(inventory, without(both, 'namorar'));
      expect((await provisioned(LAB)).document.hosts.find(({ name }) => name === 'carinho')).toMatchObject({
        changed: 0,
        error: { what: expect.stringContaining('may still be needed: smtp.example.com (2001:db8:c1da::2)') },
      });
      await lab.must('namorar', 'smtpctl resume mta');
      writeFileSync(inventory, retiring(both, 'namorar'));
      expect(await send('test@example.net', 'refused', '--mx', 'mx2.example.com')).toMatch(/^421 4.3.2 Retiring/);
      expect(await send('test@example.net', 'elsewhere')).toContain('mx3.example.com');
      await queueIsEmpty('namorar');
      expect(await problemsOf('namorar')).toEqual([
        expect.objectContaining({
          code: 'retiring',
          evidence: 'the MX records of example.net name mx1.example.com and mx2.example.com',
        }),
      ]);
      await staysSo();
      expect(await lab.must('carinho', 'cat /etc/hosts')).toContain('vpn1.example.com\t# retired: has no mail left');
      await becomes(without(both, 'namorar'));
      await staysSo();
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
    expect(await lab.must('carinho', 'cat /etc/hosts')).not.toContain('vpn1');
  }, 600_000);
});

describe('a gateway moves to a new machine', () => {
  test('and no mail is lost', async () => {
    const { before, both, after } = gatewayMoved(LAB);
    await becomes(before);
    const counts = await underMail(LAB, lab, { to: 'test@example.com', hosts: HOSTS }, async () => {
      await becomes(both);
      await staysSo();
      await queueIsEmpty('carinho');
      await staysSo();
      expect((await problemsOf('carinho')).map(({ code }) => code)).toEqual(['retiring-done']);
      await becomes(after);
      await staysSo();
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
  }, 600_000);
});

describe('a gateway is replaced in haste, and comes back', () => {
  test('and mail queued on the replacement is not left there', async () => {
    const { before, after, back } = gatewayMoved(LAB);
    await becomes(before);
    const counts = await underMail(LAB, lab, { to: 'test@example.com', hosts: HOSTS, seconds: 120 }, async () => {
      await script('halt', 'carinho');
      await becomes(after, '--take-over');
      await lab.must('mimando', 'rcctl stop smtpd');
      await script('start', 'carinho');
      expect(await send('test@example.com', 'waits on saudade')).toContain('250');
      await eventually(lab, 'saudade', 'smtpctl show queue | grep -q "test@example.com"', 30);
      writeFileSync(inventory, before);
      const { document } = await provisioned(LAB);
      expect(document.hosts.find(({ name }) => name === 'namorar')).toMatchObject({
        changed: 0,
        error: { what: expect.stringContaining('may still be needed: vpn3.example.com (2001:db8:c1da::3)') },
      });
      await lab.must('mimando', 'rcctl start smtpd');
      await becomes(back);
      await staysSo();
      await queueIsEmpty('saudade');
      await staysSo();
      expect((await problemsOf('saudade')).map(({ code }) => code)).toEqual(['retiring-done']);
      await becomes(before);
      await staysSo();
    });
    // Halted and stopped by hand, at any moment.
    expect(counts).toMatchObject({ lost: 0, knowingly: [] });
    expect(counts.doubled).toBeLessThanOrEqual(counts.starts);
  }, 600_000);
});

describe('a second gateway joins while the first cannot be reached', () => {
  test('and outbound mail continues over the first one', async () => {
    const joined = twoGateways(LAB);
    const alone = without(joined, 'saudade')
      .replace('[example.com, example.org]', 'example.com')
      .replace(/recipients: .*/, 'recipients: { test: jay, postmaster: jay }');
    await becomes(alone);
    const counts = await underMail(LAB, lab, { to: 'test@example.com', hosts: HOSTS }, async () => {
      await lab.must('carinho', 'rcctl stop sshd');
      writeFileSync(inventory, joined);
      const { document } = await provisioned(LAB);
      expect(document.hosts.flatMap(({ name, error }) => (error ? [name] : []))).toEqual(['carinho']);
      expect(await lab.must('namorar', 'cat /etc/mail/secrets')).toMatch(/^mailuser\s/m);
      await submit('mimando', 'test@example.com', 'bob@internet.example', 'meanwhile');
      await leaves('meanwhile');
      await lab.must('carinho', 'rcctl start sshd');
      await staysSo();
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
    expect(await lab.must('namorar', 'cat /etc/mail/secrets')).not.toMatch(/^mailuser\s/m);
  }, 600_000);
});

describe('a workstation is removed', () => {
  test('for another one, which gets the queued mail', async () => {
    const both = severalStations(LAB).replace('ana: jay@saudade, ', '');
    await becomes(both);
    const mails = { to: 'test@example.com', hosts: HOSTS, mailboxes: ['mimando', 'saudade'] };
    const counts = await underMail(LAB, lab, mails, async () => {
      await becomes(retiring(both, 'mimando'));
      expect((await problemsOf('mimando')).map(({ code }) => code)).toContain('retiring');
      const moved = retiring(both, 'mimando').replaceAll('jay@mimando', 'jay@saudade');
      await becomes(moved);
      await staysSo();
      await queueIsEmpty('carinho');
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
    expect((await problemsOf('mimando')).map(({ code }) => code)).toContain('retiring-done');
    await staysSo();
    await becomes(without(both, 'mimando').replaceAll('jay@mimando', 'jay'));
    await staysSo();
  }, 600_000);

  test('for none: the gateway delivers, including queued mail', async () => {
    const one = without(severalStations(LAB), 'saudade').replace('ana: jay@saudade, ', '');
    await becomes(one);
    const mails = { to: 'test@example.com', from: null, hosts: HOSTS.slice(0, 2), mailboxes: ['carinho', 'mimando'] };
    const counts = await underMail(LAB, lab, mails, async () => {
      await becomes(retiring(one, 'mimando'));
      await submit('carinho', 'jay', 'test@example.com', 'of its own');
      const none = without(one, 'mimando').replaceAll('jay@mimando', 'jay');
      writeFileSync(inventory, none);
      const { document } = await provisioned(LAB);
      expect(document.hosts.map(host => [host.changed, host.error?.what])).toEqual([
        [0, undefined],
        [0, expect.stringContaining('would cut off a host that may still be needed: mimando.lan')],
      ]);
      await becomes(none, '--take-over');
      await staysSo();
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
  }, 600_000);

  test('together with its recipients, only with leave', async () => {
    const both = severalStations(LAB);
    await becomes(both);
    const mails = { to: 'test@example.com', hosts: HOSTS, mailboxes: ['mimando', 'saudade'] };
    const counts = await underMail(LAB, lab, mails, async () => {
      await lab.must('saudade', 'smtpctl pause mta');
      await submit('saudade', 'ana@example.com', 'bob@internet.example', 'of saudade');
      const gone = without(both, 'saudade').replace('ana: jay@saudade, ', '');
      writeFileSync(inventory, gone);
      const { document } = await provisioned(LAB);
      expect(document.hosts.find(({ name }) => name === 'carinho')?.error?.what).toContain(
        'would cut off a host that may still be needed: saudade.lan',
      );
      await lab.must('saudade', 'smtpctl resume mta; smtpctl schedule all');
      await leaves('of saudade');
      await becomes(gone, '--take-over');
      await staysSo();
    });
    expect(counts).toMatchObject({ lost: 0, doubled: 0 });
  }, 600_000);
});
