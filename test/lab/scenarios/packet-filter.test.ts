import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'filter';
const lab = labCalled(LAB);
const off = (...options: readonly string[]) => mailtun(LAB, 'provision', 'inventory-off.yaml', ...options);
const [RELAY, GATEWAY] = ['2001:db8:c1da::2', '2001:db8:c1da::1'];

beforeAll(async () => {
  await lab.up();
  const folder = `/var/tmp/mailtun-lab/${LAB}`;
  const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
  writeFileSync(`${folder}/inventory-off.yaml`, `packet_filter: off\n${text}`);
});
afterAll(lab.down);

/** Whether a TCP port of the far end answers through the tunnel. */
const isOpen = async (from: string, to: string, port: number): Promise<boolean> =>
  (await lab.on(from, `nc -6 -z -w 2 ${to} ${port}`)).exit === 0;
const ports = async () => ({
  'ssh of the relay': await isOpen('carinho', RELAY, 22),
  'ssh of the gateway': await isOpen('namorar', GATEWAY, 22),
  'mail of the relay': await isOpen('carinho', RELAY, 25),
  'mail of the gateway': await isOpen('namorar', GATEWAY, 25),
});
const sum = (path: string) => lab.must('namorar', `sha256 -q ${path}`);

/** Hands a mail to the MX and waits for it in the maildir. */
async function mailComesIn(subject: string): Promise<void> {
  const line = `print 'Subject: ${subject}\\n\\nhello' | sendmail -f a@internet.example test@example.com`;
  await lab.must('namorar', line);
  await eventually(lab, 'mimando', `grep -Rq 'Subject: ${subject}' /home/jay/maildir/in`);
}

describe('without the packet filter', () => {
  test('the tunnel carries everything', async () => {
    expect((await off()).exit).toBe(0);
    // A first handshake that came before the far end was there is repeated after 5 s.
    await eventually(lab, 'carinho', `ping6 -n -c 1 -w 1 ${RELAY}`);
    expect(Object.values(await ports())).toEqual([true, true, true, true]);
  });
});

describe('with it', () => {
  test('the tunnel carries mail and ping, and nothing else', async () => {
    const before = await lab.must('namorar', 'cat /etc/pf.conf');
    const { exit, document } = await provisioned(LAB);
    expect({ exit, errors: document.hosts.map(host => host.error) }).toEqual({ exit: 0, errors: [null, null, null] });
    expect(await ports()).toEqual({
      'ssh of the relay': false,
      'ssh of the gateway': false,
      'mail of the relay': true,
      'mail of the gateway': true,
    });
    await lab.must('carinho', `ping6 -n -c 2 -w 2 ${RELAY}`);
    await lab.must('namorar', `ping6 -n -c 2 -w 2 ${GATEWAY}`);
    const ours = 'anchor "mailtun"\nload anchor "mailtun" from "/etc/pf.mailtun.conf"\n';
    const after = await lab.must('namorar', 'cat /etc/pf.conf');
    expect(after).toContain(ours);
    expect(after.replace(ours, '')).toBe(before);
    await mailComesIn('through the filter');
  });

  test('the next run changes nothing', async () => {
    const { document } = await provisioned(LAB);
    expect(document.totals).toMatchObject({ changed: 0, failed: 0 });
  });

  test.each([
    ['an anchor that was flushed', 'pfctl -q -a mailtun -F rules', ['anchor mailtun']],
    ['main rules that were replaced', "print 'pass' | pfctl -q -f -", ['anchor mailtun']],
    [
      'a rule that was added',
      "print 'pass quick on wg0' | cat - /etc/pf.mailtun.conf | pfctl -q -a mailtun -f -",
      ['anchor mailtun'],
    ],
    ['an edited file', "print 'pass quick on wg0' >>/etc/pf.mailtun.conf", ['/etc/pf.mailtun.conf', 'anchor mailtun']],
    ['lines taken out of pf.conf', `sed -i '/"mailtun"/d' /etc/pf.conf`, ['/etc/pf.conf', 'anchor mailtun']],
  ])('%s is seen and repaired', async (_, drift, resources) => {
    await lab.must('namorar', drift);
    const { exit, document } = await provisioned(LAB, '--check');
    expect(exit).toBe(2);
    expect(document.hosts[0]?.changes.map(change => change.resource)).toEqual(resources);
    const repaired = await provisioned(LAB);
    expect(repaired.document.hosts.map(host => host.error)).toEqual([null, null, null]);
    expect(await isOpen('carinho', RELAY, 22)).toBe(false);
    expect(await isOpen('carinho', RELAY, 25)).toBe(true);
  });

  test('it is in force after a boot', async () => {
    await lab.must('namorar', 'pfctl -f /etc/pf.conf');
    expect(await lab.must('namorar', 'pfctl -a mailtun -sr')).toContain('block return quick on wg0 all');
  });
});

describe('packet_filter: off', () => {
  test('leaves pf.conf as it was, to the byte, and no anchor', async () => {
    const original = '479bf4f96743322aa7aa914ca0fcaa993347da9fc7bb210c87a8cd7272a3cbaf\n';
    const { exit, stdout } = await off();
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(await sum('/etc/pf.conf')).toBe(original);
    expect((await lab.on('namorar', 'ls /etc/pf.mailtun.conf')).exit).toBe(1);
    expect(Object.values(await ports())).toEqual([true, true, true, true]);
    expect((await off('--check')).exit).toBe(0);
  });
});

describe('other traffic that the inventory allows', () => {
  test('passes from one end to the other, TCP and UDP, and not the other way', async () => {
    const folder = `/var/tmp/mailtun-lab/${LAB}`;
    const text = readFileSync(`${folder}/inventory.yaml`, 'utf8');
    const pass =
      '{ from: namorar, to: carinho, proto: tcp, port: [22, 2022] }, { from: carinho, to: namorar, proto: udp, port: 5300 }';
    writeFileSync(`${folder}/inventory-pass.yaml`, `packet_filter: { pass: [${pass}] }\n${text}`);
    const passing = (...options: readonly string[]) => mailtun(LAB, 'provision', 'inventory-pass.yaml', ...options);
    expect((await passing()).exit).toBe(0);
    expect((await passing('--check')).exit).toBe(0);
    expect(await ports()).toMatchObject({ 'ssh of the gateway': true, 'ssh of the relay': false });
    const heard = lab.on('namorar', 'timeout 8 nc -6 -u -l 2001:db8:c1da::2 5300 | head -n 1');
    await eventually(lab, 'namorar', 'netstat -ln -f inet6 | grep -q 5300');
    await lab.must('carinho', `echo hello | nc -6 -u -w 1 ${RELAY} 5300`);
    expect((await heard).stdout).toBe('hello\n');
    expect((await provisioned(LAB)).exit).toBe(0);
    expect((await ports())['ssh of the gateway']).toBe(false);
  });
});

describe('where pf does not take the rules', () => {
  const skipsLo = async () => (await lab.must('namorar', 'pfctl -s Interfaces -v -i lo')).includes('(skip)');
  const refused = async (inventory: string) => {
    const { exit, stdout } = await mailtun(LAB, 'provision', inventory);
    expect((await lab.on('namorar', 'ls -d /var/db/mailtun/armed /var/db/mailtun/ending-*')).exit).toBe(1);
    return { exit, stdout };
  };

  test('a pf.conf(5) that it refuses is not loaded, and what it skips stays skipped', async () => {
    await lab.must(
      'namorar',
      'cp -p /etc/pf.conf /etc/pf.own; echo pas >>/etc/pf.conf; pfctl -a mailtun -F rules; pfctl -F rules',
    );
    expect(await skipsLo()).toBe(true);
    const { exit, stdout } = await refused('inventory.yaml');
    expect({ exit, isSkipped: await skipsLo() }).toEqual({ exit: 1, isSkipped: true });
    expect(stdout).toContain('syntax error');
    await lab.must('namorar', 'mv /etc/pf.own /etc/pf.conf');
    expect((await provisioned(LAB)).exit).toBe(0);
  });

  test('at securelevel 2 nothing is loaded, and the reason is reported', async () => {
    await lab.must('namorar', 'sysctl kern.securelevel=2');
    const before = await lab.must('namorar', 'cat /etc/pf.conf /etc/pf.mailtun.conf');
    const { exit, stdout } = await refused('inventory-pass.yaml');
    expect({ exit, isSkipped: await skipsLo() }).toEqual({ exit: 1, isSkipped: true });
    expect(stdout).toContain('kern.securelevel is 2: pf(4) does not let its rules be changed');
    expect(await lab.must('namorar', 'cat /etc/pf.conf /etc/pf.mailtun.conf')).toBe(before);
    expect((await provisioned(LAB)).exit).toBe(0);
  });
});
