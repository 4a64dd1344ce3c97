import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, mailtun, type ProvisionDocument, started } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';
import { underMail } from '../driver/under-mail.ts';

const LAB = 'changes';
const lab = labCalled(LAB);
const HOSTS = ['namorar', 'carinho'] as const;
const state = `/var/tmp/mailtun-lab/${LAB}`;

/** A key as `wg genkey` makes it: setting it again has no effect. The article's are hardly ever clamped. */
const clamped = (): string => {
  const bytes = randomBytes(32);
  bytes[0] = (bytes[0] ?? 0) & 0xf8;
  bytes[31] = ((bytes[31] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('base64');
};

beforeAll(async () => {
  await lab.up();
  await execa('scripts/lab', ['fresh', 'all'], { env: { LAB }, stdin: 'ignore' });
  await lab.must('carinho', 'umask 077; cat >/root/KEY_PRIVATE', `${clamped()}\n`);
  await provision();
});
afterAll(lab.down);

/** The lab's inventory with these settings of the tunnel. */
async function provision(tunnel = '{}', ...words: readonly string[]) {
  writeFileSync(
    `${state}/inventory-tunnel.yaml`,
    readFileSync(`${state}/inventory.yaml`, 'utf8').replace(/^mail:/m, `tunnel: ${tunnel}\nmail:`),
  );
  const { exit, stdout } = await mailtun(LAB, 'provision', 'inventory-tunnel.yaml', '--json', ...words);
  const document: ProvisionDocument = JSON.parse(stdout);
  return { exit, document, errors: document.hosts.map(host => host.error) };
}

/** The same inventory; the gateway's sshd is not where it says. */
const awayGateway = (): void => {
  const path = `${state}/inventory-tunnel.yaml`;
  const text = readFileSync(path, 'utf8').replace(
    /(role: gateway\n {4}ssh:\n {6}host: ).*/,
    '$1127.0.0.1\n      port: 9',
  );
  writeFileSync(path, text);
};

/** Numbered mails both ways meanwhile: none is lost, none stays in a queue, and none becomes two. */
async function losesNothing(work: () => Promise<unknown>): Promise<void> {
  const counts = await underMail(LAB, lab, { to: 'test@example.com', seconds: 90 }, async () => void (await work()));
  expect(counts).toMatchObject({ lost: 0, doubled: 0 });
  expect(counts.delivered).toBeGreaterThan(0);
}

const wg = (host: string): Promise<string> => lab.must(host, 'ifconfig wg0');

describe('a tunnel in use', () => {
  const well = { exit: 0, errors: [null, null, null] };

  test.each([
    ['another port', '{ port: 6901 }'],
    ['a preshared key and the old port', '{ preshared_key: true }'],
    ['no preshared key any more', '{}'],
    ['no keepalive', '{ keepalive: 0 }'],
    ['a keepalive', '{ keepalive: 25 }'],
  ])('gets %s and keeps its keys', async (_, tunnel) => {
    expect(await provision(tunnel)).toMatchObject(well);
    const { document } = await provision(tunnel);
    expect(document.totals).toMatchObject({ changed: 0, failed: 0 });
    expect((await lab.on('carinho', 'ping6 -n -c 1 -w 1 2001:db8:c1da::2')).exit).toBe(0);
  });

  test('keeps no preshared key that is no longer wanted', async () => {
    await provision('{ preshared_key: true }');
    for (const host of HOSTS) expect(await lab.must(host, 'ls /root')).toContain('KEY_PRESHARED.');
    expect(await provision()).toMatchObject(well);
    for (const host of HOSTS) expect(await lab.must(host, 'ls /root; ifconfig wg0')).not.toMatch(/KEY_PRESHARED|wgpsk/);
  });

  test.each(['namorar', 'carinho'])('loses a stale peer of %s', async host => {
    await provision();
    await lab.must(host, 'ifconfig wg0 wgpeer "$(openssl rand -base64 32)" wgaip 10.9.9.9/32');
    expect(await provision()).toMatchObject(well);
    expect(await wg(host)).not.toContain('10.9.9.9');
  });

  test('is the same after a stray preshared key on one side, which the other side does not call for', async () => {
    await lab.must(
      'namorar',
      'ifconfig wg0 wgpeer "$(ifconfig wg0 | sed -n "s/.*wgpeer //p")" wgpsk "$(openssl rand -base64 32)"',
    );
    expect(await provision('{}', '--host', 'namorar')).toMatchObject({ exit: 0 });
    expect(await wg('namorar')).not.toContain('wgpsk');
  });
});

const answers = (): Promise<unknown> =>
  Promise.all([
    eventually(lab, 'carinho', 'ping6 -n -c 1 -w 1 $(grep "smtp.example.com" /etc/hosts | head -n 1 | cut -f 1)', 20),
    eventually(lab, 'namorar', 'ping6 -n -c 1 -w 1 vpn0.example.com', 20),
  ]);

describe('another interface', () => {
  test.each([
    ['wg1', '{ interface: wg1 }', 'wg0'],
    ['wg2 with another port', '{ interface: wg2, port: 6902 }', 'wg1'],
    ['wg0 again', '{}', 'wg2'],
  ])('%s: the old one is gone, from the kernel, the next boot, pf and cron', async (_, tunnel, old) => {
    const { document } = await provision(tunnel, '--check');
    expect(document.hosts[0]?.changes.map(change => change.why).join()).toContain(`takes ${old} down`);
    await losesNothing(async () =>
      expect(await provision(tunnel)).toMatchObject({ exit: 0, errors: [null, null, null] }),
    );
    for (const host of HOSTS) {
      expect(await lab.on(host, `ifconfig ${old}`)).toMatchObject({ exit: 1 });
      const left = `ls /etc/hostname.${old}; grep -l ${old} /etc/pf.mailtun.conf /var/cron/tabs/root; exit 0`;
      expect(await lab.must(host, left)).toBe('');
    }
    await answers();
    expect((await provision(tunnel)).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test('of the relay alone works: it knows where the gateway was, and calls it', async () => {
    const { document } = await provision('{ interface: wg1 }', '--host', 'namorar');
    expect(document.hosts[0]).toMatchObject({ ok: true, error: null });
    expect(await lab.on('namorar', 'ifconfig wg0')).toMatchObject({ exit: 1 });
    await answers();
    expect((await provision()).document.totals.failed).toBe(0);
    await answers();
  });

  test('is undone, and the old one works', async () => {
    expect((await provision('{ interface: wg1 }')).exit).toBe(0);
    expect(await mailtun(LAB, 'undo', 'inventory-tunnel.yaml')).toMatchObject({ exit: 0 });
    for (const host of HOSTS) {
      expect(await lab.on(host, 'ifconfig wg1')).toMatchObject({ exit: 1 });
      expect(await wg(host)).toContain('wgport 6900');
    }
    await answers();
    expect((await provision()).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test('that a run had made which died before it wrote hostname.if(5) is known, and goes if it is no longer wanted', async () => {
    for (const host of HOSTS) await lab.must(host, 'cp -p /etc/hostname.wg0 /root/former');
    expect((await provision('{ interface: wg1 }')).exit).toBe(0);
    for (const host of HOSTS) await lab.must(host, 'mv /root/former /etc/hostname.wg0; rm /etc/hostname.wg1');
    expect(await provision()).toMatchObject({ exit: 0, errors: [null, null, null] });
    for (const host of HOSTS) {
      expect(await lab.on(host, 'ifconfig wg1')).toMatchObject({ exit: 1 });
      expect(await lab.must(host, 'ls /var/run')).not.toContain('mailtun.wg1');
    }
    await answers();
    expect((await provision()).document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test("of somebody else's that has the port stops the run, and nothing is changed", async () => {
    await lab.must('carinho', 'ifconfig wg5 wgport 6905 wgkey "$(openssl rand -base64 32)" up');
    const { exit, document } = await provision('{ port: 6905 }');
    expect([exit, document.totals.changed]).toEqual([1, 0]);
    expect(document.hosts[1]?.error?.what).toContain('UDP 6905 is in use by wg5, which mailtun did not create');
    await lab.must('carinho', 'ifconfig wg5 destroy');
  });
});

test('an MTU is set in hostname.if and on the interface, and removed again', async () => {
  expect(await provision('{ mtu: 1280 }')).toMatchObject({ exit: 0 });
  for (const host of HOSTS) {
    expect(await wg(host)).toContain('mtu 1280');
    expect(await lab.must(host, 'cat /etc/hostname.wg0')).toContain('\nmtu 1280\n');
  }
  expect((await provision('{ mtu: 1280 }')).document.totals.changed).toBe(0);
  expect(await provision()).toMatchObject({ exit: 0 });
  expect(await wg('carinho')).toContain('mtu 1420');
});

test('a port that cannot be changed on the gateway is rolled back twice', async () => {
  await answers();
  await losesNothing(async () => {
    for (const _ of [1, 2]) {
      await provision('{ port: 6903 }', '--check');
      awayGateway();
      const { exit } = await mailtun(LAB, 'provision', 'inventory-tunnel.yaml', '--json');
      expect(exit).toBe(1);
      expect(await wg('namorar')).toContain('wgport 6900');
    }
  });
  await answers();
});

test('a peer that was replaced and comes back with its old state is called for', async () => {
  await losesNothing(async () => {
    await lab.must(
      'namorar',
      'K=$(ifconfig wg0 | sed -n "s/.*wgpeer //p"); ifconfig wg0 -wgpeer $K wgpeer "$(openssl rand -base64 32)" wgaip 2001:db8:c1da::1/128 wgpka 15',
    );
    expect(await provision()).toMatchObject({ exit: 0, errors: [null, null, null] });
  });
  await answers();
});

test('after a run that is killed before the confirmation the names have their former addresses', async () => {
  const seen = 'cat /etc/hosts; ifconfig wg0 | grep inet6 | sed s/.tentative//';
  const before = await Promise.all(HOSTS.map(host => lab.must(host, seen)));
  movedTo('2001:db8:c1db::');
  await losesNothing(async () => {
    const run = started(LAB, 'provision', 'inventory-moved.yaml', '--verbose');
    run.stdout?.on('data', (text: Buffer) => {
      if (text.toString().includes('reconnects')) run.kill('SIGKILL');
    });
    await run;
    await isPutBack();
  });
  for (const [index, host] of HOSTS.entries()) expect(await lab.must(host, seen)).toBe(before[index]);
  await answers();
});

/** The lab's inventory with another prefix in the tunnel. */
const movedTo = (prefix: string): void => addressed('2001:db8:c1da::', prefix);
const addressed = (former: string, next: string): void =>
  writeFileSync(
    `${state}/inventory-moved.yaml`,
    readFileSync(`${state}/inventory.yaml`, 'utf8').replaceAll(former, next),
  );

// smtpd keeps a session for the next mail, and the end that has its address as before is not restarted.
test.each([
  ['the gateway', '2001:db8:c1da::1', '2001:db8:c1da::11'],
  ['the relay', '2001:db8:c1da::2', '2001:db8:c1da::12'],
])('mail goes on at once after another address of %s', async (_, former, next) => {
  expect((await provision()).exit).toBe(0);
  addressed(former, next);
  await losesNothing(async () =>
    expect(await mailtun(LAB, 'provision', 'inventory-moved.yaml')).toMatchObject({ exit: 0 }),
  );
});

// Whoever takes a mail stands still between its last line and the answer: smtpd's queue process has to note it first.
const STAND_STILL = `pid=$(pgrep -f '^smtpd: queue')
touch /tmp/watching
until (set -- /var/spool/smtpd/temporary/* && [ -s "$1" ]); do :; done
kill -STOP $pid
rm /tmp/watching`;
const LINES = 150_000;
const LINE = 'x'.repeat(70);
const HAS_ALL = `[ $(cat /var/spool/smtpd/temporary/* | wc -c) -ge ${LINES * (LINE.length + 1)} ]`;

describe('another address, while a message is in transit that the far end has not answered yet,', () => {
  test.each([
    ['inbound', 'namorar', 'carinho', '2001:db8:c1db::'],
    ['outbound', 'carinho', 'namorar', '2001:db8:c1da::'],
  ] as const)('makes no two of it: %s', async (subject, sender, taker, prefix) => {
    movedTo(prefix);
    const still = lab.must(taker, STAND_STILL);
    await eventually(lab, taker, 'test -e /tmp/watching');
    const long = `awk 'BEGIN { while (i++ < ${LINES}) print "${LINE}" }'`;
    await (subject === 'inbound'
      ? lab.must('internet', `${long} | /usr/local/lab/send alice@internet.example test@example.com inbound`)
      : lab.must(
          'mimando',
          `{ printf 'Subject: outbound\\n\\n'; ${long}; } | sendmail -f test@example.com bob@internet.example`,
        ));
    await still;
    await eventually(lab, taker, HAS_ALL);
    const run = mailtun(LAB, 'provision', 'inventory-moved.yaml');
    // Two seconds of the ten that the run waits for a message in transit are the subject: it is not to go on meanwhile.
    await Promise.race([
      eventually(lab, taker, `ifconfig wg0 | grep -qF ${prefix}`, 60),
      eventually(lab, sender, 'smtpctl show status | grep -q "MTA paused"', 60).then(() => pause(2000)),
    ]);
    await lab.must(taker, "kill -CONT $(pgrep -f '^smtpd: queue')");
    expect(await run).toMatchObject({ exit: 0 });
    const [at, folder] = subject === 'inbound' ? ['mimando', '/home/jay/maildir/in/new'] : ['internet', '/var/outbox'];
    await eventually(lab, at, `grep -Rqs '^Subject: ${subject}' ${folder}`, 60);
    // Whoever has it still would send it again.
    for (const host of HOSTS) await eventually(lab, host, 'smtpctl schedule all; [ -z "$(smtpctl show queue)" ]', 60);
    expect((await lab.must(at, `grep -Rls '^Subject: ${subject}' ${folder} | wc -l`)).trim()).toBe('1');
  });
});

const isPutBack = async (): Promise<void> => {
  for (const host of HOSTS)
    await eventually(
      lab,
      host,
      'grep -q c1da /etc/hosts && ifconfig wg0 | grep -q c1da && ! ls -d /var/db/mailtun/armed /var/db/mailtun/ending-* 2>/dev/null | grep -q .',
      90,
    );
};
