import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailtun, type ProvisionDocument } from './mailtun.ts';
import { labCalled } from './on-host.ts';

const LAB = 'changes';
const lab = labCalled(LAB);
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

const wg = (host: string): Promise<string> => lab.must(host, 'ifconfig wg0');

describe('a tunnel that lives', () => {
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
