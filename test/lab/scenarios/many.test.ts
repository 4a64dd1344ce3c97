import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maillogOf } from '../driver/logs.ts';
import { mailsIn } from '../driver/mails.ts';
import { mailtun, provisioned } from '../driver/mailtun.ts';
import { severalStations, twoGateways, twoRelays } from '../driver/many.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'many';
const lab = labCalled(LAB);
const { send, arrives, submit, leaves, outbox } = mailsIn(lab, LAB);
const script = (...words: readonly string[]) => execa('scripts/lab', words, { env: { LAB }, input: 'hello\n' });
const inventory = `/var/tmp/mailtun-lab/${LAB}/inventory.yaml`;

beforeAll(() => script('up', 'saudade'));
afterAll(lab.down);

/** Bare hosts, and what they are to become. */
const begin = async (topology: (lab: string) => string): Promise<void> => {
  await script('fresh', 'all');
  await script('outbox', '--clear');
  writeFileSync(inventory, topology(LAB));
};

const becomesAsWantedAndStaysSo = async (): Promise<void> => {
  const first = await provisioned(LAB);
  expect(first.document.hosts.map(host => host.error)).toEqual(first.document.hosts.map(() => null));
  const second = await provisioned(LAB);
  expect(second.document.totals).toMatchObject({ changed: 0, failed: 0 });
  expect(second.exit).toBe(0);
};

const isWell = async (): Promise<void> => {
  const status = await mailtun(LAB, 'status', inventory, '--json');
  const { hosts } = JSON.parse(status.stdout) as { hosts: { problems: unknown[]; drift: unknown[] }[] };
  expect(hosts.flatMap(host => [...host.problems, ...host.drift])).toEqual([]);
  const doctor = await mailtun(LAB, 'doctor', inventory);
  expect([status.exit, doctor.exit]).toEqual([0, 0]);
};

const publicKeys = (...hosts: readonly string[]) =>
  Promise.all(hosts.map(host => lab.must(host, 'cat /root/KEY_PUBLIC')));

/** saudade has an end of a tunnel in both. */
const rotatesBothTunnels = async (): Promise<void> => {
  const hosts = ['namorar', 'carinho', 'saudade'];
  const before = await publicKeys(...hosts);
  expect(await mailtun(LAB, 'rotate-keys', inventory)).toEqual({ exit: 0, stdout: '', stderr: '' });
  expect((await publicKeys(...hosts)).filter(key => before.includes(key))).toEqual([]);
  await isWell();
};

describe('several workstations behind one gateway', () => {
  beforeAll(() => begin(severalStations));

  test('are provisioned, and the next run changes nothing', becomesAsWantedAndStaysSo);

  test('each get the mail of their own recipients', async () => {
    await Promise.all([send('test@example.com', 'for mimando'), send('ana@example.com', 'for saudade')]);
    await Promise.all([arrives('mimando', 'for mimando'), arrives('saudade', 'for saudade')]);
    expect(await send('nobody@example.com', 'for nobody')).toContain('550 Invalid recipient');
    expect((await lab.on('saudade', 'grep -R "for mimando" /home/jay')).stdout).toBe('');
  });

  test('send to the internet, and to one another without it', async () => {
    for (const host of ['mimando', 'saudade']) {
      await submit(host, 'ana@example.com', 'bob@internet.example', `out of ${host}`);
      await leaves(`out of ${host}`);
    }
    expect((await outbox()).map(mail => /X-Lab-Helo: (\S+)/.exec(mail)?.[1])).toEqual(
      Array(2).fill('smtp.example.com'),
    );
    await submit('mimando', 'test@example.com', 'ana@example.com', 'next door');
    await arrives('saudade', 'next door');
    expect(await maillogOf(lab, 'namorar')).not.toContain('from=<test@example.com>');
  });

  test("deliver root's mail to the one postmaster, without a problem", async () => {
    await lab.must('saudade', 'sendmail root', 'Subject: root of saudade\n\nhello\n');
    await arrives('mimando', 'root of saudade');
    await isWell();
  });
});

describe('two gateways with domains of their own', () => {
  beforeAll(() => begin(twoGateways));

  test('while one is off, the other is provisioned and carries mail both ways', async () => {
    await script('halt', 'saudade');
    for (const isFirst of [true, false]) {
      const { exit, document } = await provisioned(LAB);
      expect(document.hosts.map(host => host.ok)).toEqual([true, true, true, false]);
      expect([exit, document.totals.changed > 0]).toEqual([1, isFirst]);
    }
    await send('test@example.com', 'without the other');
    await arrives('mimando', 'without the other');
    await submit('mimando', 'test@example.com', 'bob@internet.example', 'out without the other');
    await leaves('out without the other');
    await send('ana@example.org', 'waits for its gateway');
    const { exit, stdout } = await mailtun(LAB, 'status', inventory);
    expect(exit).toBe(1);
    expect(stdout).toContain('saudade: saudade cannot be reached');
    expect(stdout).toContain(' ok tunnel namorar ⇄ carinho');
  });

  test('the other is provisioned once it can be reached, and gets the queued mail', async () => {
    await script('start', 'saudade');
    await becomesAsWantedAndStaysSo();
    await arrives('saudade', 'waits for its gateway', 90);
  });

  test('each accept and send mail of their own domain', async () => {
    await Promise.all([send('test@example.com', 'for com'), send('ana@example.org', 'for org')]);
    await Promise.all([arrives('mimando', 'for com'), arrives('saudade', 'for org')]);
    expect(await send('ana@example.com', 'a mistake')).toContain('550 Invalid recipient');
    await submit('mimando', 'test@example.com', 'ana@example.org', 'com to org');
    await submit('saudade', 'ana@example.org', 'test@example.com', 'org to com');
    await Promise.all([arrives('saudade', 'com to org'), arrives('mimando', 'org to com')]);
    await submit('saudade', 'ana@example.org', 'bob@internet.example', 'out of org');
    await leaves('out of org');
    expect((await outbox()).find(mail => mail.includes('out of org'))).not.toMatch(/vpn\d|10\.6\.9/);
    await isWell();
  });

  test('rotate the keys of both tunnels, and mail goes on', async () => {
    await rotatesBothTunnels();
    await Promise.all([send('test@example.com', 'new key of com'), send('ana@example.org', 'new key of org')]);
    await Promise.all([arrives('mimando', 'new key of com'), arrives('saudade', 'new key of org')]);
  });

  test('one that refuses logins delays neither a run nor the rotation of the other', async () => {
    await lab.must('saudade', 'rcctl stop sshd');
    const [carinho, ...others] = await publicKeys('carinho', 'namorar', 'saudade');
    const { document } = await provisioned(LAB);
    expect(document.hosts.map(({ ok, changed }) => [ok, changed])).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
      [false, 0],
    ]);
    const { exit, stdout } = await mailtun(LAB, 'rotate-keys', inventory);
    expect([exit, stdout]).toEqual([1, expect.stringContaining('1 key rotated, 2 left')]);
    const [now, ...left] = await publicKeys('carinho', 'namorar', 'saudade');
    await lab.must('saudade', 'rcctl start sshd');
    expect(now).not.toBe(carinho);
    expect(left).toEqual(others);
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
    await isWell();
  });
});

describe('two relays before one gateway', () => {
  beforeAll(() => begin(twoRelays));

  test('are provisioned, and the next run changes nothing', becomesAsWantedAndStaysSo);

  test('both accept and send mail', async () => {
    for (const mx of ['mx1', 'mx2', 'mx3']) {
      expect(await send('test@example.net', `by ${mx}`, '--mx', `${mx}.example.com`)).toMatch(/^250 /);
      await arrives('mimando', `by ${mx}`);
    }
    for (const number of [1, 2, 3, 4]) {
      await submit('mimando', 'test@example.net', 'bob@internet.example', `out ${number}`);
      await leaves(`out ${number}`);
    }
    const names = (await outbox()).map(mail => /X-Lab-Helo: (\S+)/.exec(mail)?.[1]);
    expect(new Set(names)).toEqual(new Set(['smtp.example.com', 'smtp2.example.com']));
    await lab.must('saudade', 'sendmail root', 'Subject: root of saudade\n\nhello\n');
    await arrives('mimando', 'root of saudade');
    await isWell();
  });

  test('are both tested by send-test', async () => {
    for (const relay of ['namorar', 'saudade']) {
      const { exit, stdout } = await mailtun(LAB, 'send-test', inventory, '--host', relay, '--json');
      const hops: readonly { host: string }[] = JSON.parse(stdout).hops;
      expect([exit, ...hops.map(hop => hop.host)]).toEqual([0, relay, 'carinho', 'mimando']);
    }
  });

  test('rotate the keys of both tunnels', rotatesBothTunnels);

  test('when one is off, mail uses the other one', async () => {
    await script('halt', 'saudade');
    for (const number of [1, 2, 3]) {
      expect(await send('test@example.net', `in by the other ${number}`)).toMatch(/^250 /);
      await arrives('mimando', `in by the other ${number}`);
    }
    const numbers = [1, 2, 3, 4];
    for (const number of numbers) await submit('mimando', 'test@example.net', 'bob@internet.example', `late ${number}`);
    const { exit, stdout } = await mailtun(LAB, 'status', inventory);
    expect([exit, stdout]).toEqual([1, expect.stringContaining('saudade cannot be reached')]);
    // What smtpd hands to the dead one waits until its connection times out, two minutes on Linux, and for the watch.
    for (const number of numbers) await leaves(`late ${number}`, 600);
    await script('start', 'saudade');
    expect((await provisioned(LAB)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  }, 900_000);
});
