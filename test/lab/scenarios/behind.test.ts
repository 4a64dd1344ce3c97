/** What the tunnel carries to a machine behind the gateway, and from there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, mailtun, provisioned } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'behind';
const lab = labCalled(LAB);
const folder = `/var/tmp/mailtun-lab/${LAB}`;
const [RELAY, BEHIND, GATEWAY] = ['2001:db8:c1da::2', '2001:db8:6969::2', '2001:db8:c1da::1'];
const RULES = [
  '{ from: namorar, to: mimando, proto: tcp, port: [443, 8000:8002] }',
  `{ from: namorar, to: "${BEHIND}", proto: udp, port: 5300 }`,
  `{ from: mimando, to: namorar, proto: tcp, port: 8443 }`,
];

const text = () => readFileSync(`${folder}/inventory.yaml`, 'utf8');
const passing = (...options: readonly string[]) => mailtun(LAB, 'provision', 'inventory-pass.yaml', ...options);
const stateOf = async () => ({
  routes: await lab.must('namorar', 'netstat -rn -f inet6 | grep 6969 || true'),
  peers: (await lab.must('namorar', 'ifconfig wg0')).match(/wgaip \S+/g),
  file: await lab.must('namorar', 'cat /etc/hostname.wg0'),
  forwarding: await lab.must('carinho', 'sysctl -n net.inet6.ip6.forwarding'),
  sysctl: (await lab.on('carinho', 'cat /etc/sysctl.conf')).stdout,
  anchors: [await lab.must('namorar', 'pfctl -a mailtun -sr'), await lab.must('carinho', 'pfctl -a mailtun -sr')],
});

/** What arrives at a port of `at` within some seconds, sent from `from`. */
async function arrives(from: string, at: string, address: string, port: number, proto: 'tcp' | 'udp'): Promise<string> {
  const flag = proto === 'udp' ? '-u' : '';
  const heard = lab.on(at, `timeout 6 nc -6 ${flag} -l ${address} ${port} | head -n 1`);
  await eventually(lab, at, `netstat -ln -f inet6 | grep -q '\\.${port} '`);
  const sent = lab.on(from, `print 'over the tunnel' | timeout 4 nc -6 ${flag} -w 2 ${address} ${port}`);
  const [{ stdout }] = await Promise.all([heard, sent]);
  return stdout.trim();
}

let before: Awaited<ReturnType<typeof stateOf>>;
beforeAll(async () => {
  await lab.up();
  expect((await provisioned(LAB)).document.totals.failed).toBe(0);
  before = await stateOf();
  writeFileSync(`${folder}/inventory-pass.yaml`, `packet_filter: { pass: [${RULES.join(', ')}] }\n${text()}`);
}, 60_000);
afterAll(lab.down);

describe('a machine behind the gateway', () => {
  test('cannot be reached without a rule', async () => {
    expect(await arrives('namorar', 'mimando', BEHIND, 443, 'tcp')).toBe('');
  });

  test('can be reached by what the rules allow, whatever its default route, and the next run changes nothing', async () => {
    const { exit, stdout } = await passing('--check', '--diff');
    expect(exit).toBe(2);
    expect(stdout).toContain('+net.inet6.ip6.forwarding=1');
    expect(stdout).toContain(`+!route -qn add -inet6 ${BEHIND}/128 ${GATEWAY}`);
    expect((await passing()).exit).toBe(0);
    expect((await passing('--check')).exit).toBe(0);
    await lab.must('mimando', 'route -qn delete -inet6 default 2001:db8:6969::1');
    for (const port of [443, 8000, 8002]) {
      expect(await arrives('namorar', 'mimando', BEHIND, port, 'tcp')).toBe('over the tunnel');
    }
    expect(await arrives('namorar', 'mimando', BEHIND, 5300, 'udp')).toBe('over the tunnel');
  });

  test('cannot be reached by anything else', async () => {
    for (const port of [22, 444, 8003])
      expect(await arrives('namorar', 'mimando', BEHIND, port + 20_000, 'tcp')).toBe('');
    expect((await lab.on('namorar', `nc -6 -z -w 2 ${BEHIND} 22`)).exit).not.toBe(0);
    expect(await arrives('namorar', 'mimando', BEHIND, 443, 'udp')).toBe('');
    // Nobody in the LAN gets into the tunnel by the gateway that forwards now.
    await lab.must('mimando', `route -qn add -inet6 ${RELAY}/128 2001:db8:6969::1`);
    expect((await lab.on('mimando', `nc -6 -z -w 2 ${RELAY} 25`)).exit).not.toBe(0);
  });

  test('reaches the relay once it has a route there', async () => {
    expect(await arrives('mimando', 'namorar', RELAY, 8443, 'tcp')).toBe('over the tunnel');
    await lab.must('mimando', `route -qn delete -inet6 ${RELAY}/128 2001:db8:6969::1`);
  });

  test('can be reached after a boot of both ends, and after the route or forwarding was removed by hand', async () => {
    await lab.must('namorar', `route -qn delete -inet6 ${BEHIND}/128 ${GATEWAY}`);
    await lab.must('carinho', 'sysctl -q net.inet6.ip6.forwarding=0');
    const { exit, document } = await mailtun(LAB, 'provision', 'inventory-pass.yaml', '--check', '--json').then(
      run => ({
        exit: run.exit,
        document: JSON.parse(run.stdout),
      }),
    );
    expect(exit).toBe(2);
    expect(
      document.hosts.map((host: { changes: { resource: string; why: string }[] }) => host.changes.map(one => one.why)),
    ).toEqual([[`no route to ${BEHIND}/128`], ['net.inet6.ip6.forwarding is 0, wanted 1'], []]);
    expect((await passing()).exit).toBe(0);
    for (const host of ['namorar', 'carinho']) await execa('scripts/lab', ['reboot', host], { env: { LAB } });
    await eventually(lab, 'carinho', `ping6 -n -c 1 -w 1 ${RELAY} >/dev/null`, 60);
    expect((await passing('--check')).exit).toBe(0);
    expect(await arrives('namorar', 'mimando', BEHIND, 443, 'tcp')).toBe('over the tunnel');
  });

  test('leaves no trace when the key is removed', async () => {
    expect((await provisioned(LAB)).exit).toBe(0);
    const { sysctl, ...after } = await stateOf();
    expect({ ...after, sysctl: '' }).toEqual({ ...before, sysctl: '' });
    expect(sysctl).toBe('');
    expect((await provisioned(LAB, '--check')).exit).toBe(0);
    expect(await arrives('namorar', 'mimando', BEHIND, 443, 'tcp')).toBe('');
  });

  test('leaves none after undo', async () => {
    expect((await passing()).exit).toBe(0);
    expect((await mailtun(LAB, 'undo', 'inventory-pass.yaml')).exit).toBe(0);
    expect(await stateOf()).toEqual({ ...before, sysctl: '' });
    expect((await passing('--host', 'namorar', '--host', 'carinho')).exit).toBe(0);
    expect(await arrives('namorar', 'mimando', BEHIND, 443, 'tcp')).toBe('over the tunnel');
  });
});
