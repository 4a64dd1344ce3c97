import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../../src/commands/init.ts';
import { examineOverSsh } from '../../../src/commands/init-examine.ts';
import { mailtun } from '../driver/mailtun.ts';
import { labCalled } from '../driver/on-host.ts';

const LAB = 'beginning';
const lab = labCalled(LAB);
const state = `/var/tmp/mailtun-lab/${LAB}`;
const folder = mkdtempSync(join(tmpdir(), 'mailtun-init-'));
beforeAll(() => lab.up());
afterAll(() => lab.down());

/** The ways to the lab's hosts stand in an ssh_config of its own, and in its inventory. */
async function began(...out: readonly string[]): Promise<{ text: string; said: string }> {
  let said = '';
  const terminal = {
    out: () => {},
    err: (text: string) => {
      said += text;
    },
    interactive: false,
    confirm: async () => false,
    env: {},
    cwd: folder,
  };
  const hosts = { domain: 'example.com', relay: 'namorar', gateway: 'carinho', workstation: 'mimando' };
  const [file = 'inventory.yaml'] = out;
  expect(await init({ ...hosts, out: file }, terminal, undefined, examineOverSsh(`${state}/ssh_config`))).toBe(0);
  return { text: readFileSync(join(folder, file), 'utf8'), said };
}

/** The same inventory, with the lab's own way to each host. */
function reachable(text: string): string {
  const ways = readFileSync(`${state}/inventory.yaml`, 'utf8').matchAll(/^ {2}(\w+):\n.*\n( {4}ssh:\n(?: {6}.*\n)+)/gm);
  return [...ways].reduce((all, [, name, way = '']) => all.replace(`    ssh: ${name}\n`, way), text);
}

describe('three destinations for ssh and a domain', () => {
  test('are enough: the rest is found, and provision accepts what was written', async () => {
    const { text, said } = await began();
    const found = said.replaceAll(`${management()}.`, 'MANAGEMENT.').split('\n').slice(0, 3);
    expect(found.toSorted()).toEqual([
      'mailtun: carinho: OpenBSD 7.6, carinho.lan, 192.0.2.77, MANAGEMENT.77, 2001:db8:6969::1, people: jay admin',
      'mailtun: mimando: OpenBSD 7.6, mimando.lan, 2001:db8:6969::2, MANAGEMENT.69, people: jay admin',
      'mailtun: namorar: OpenBSD 7.6, namorar.example.com, 192.0.2.25, 2001:db8:1234:1234::6969, 2001:db8:1234:1234::b17e, MANAGEMENT.25, people: jay admin',
    ]);
    expect(text).toContain('postmaster: jay\n');
    expect(text).toMatch(/name: carinho\.lan, address: /);
    writeFileSync(`${state}/inventory-begun.yaml`, reachable(text));
    const { exit, stdout, stderr } = await mailtun(LAB, 'provision', 'inventory-begun.yaml');
    expect({ exit, stdout, stderr }).toMatchObject({ exit: 0, stderr: '' });
  });

  test('on machines that have a tunnel already keep it', async () => {
    const { text } = await began('again.yaml');
    writeFileSync(`${state}/inventory-again.yaml`, reachable(text));
    const { exit, stdout } = await mailtun(LAB, 'provision', 'inventory-again.yaml', '--check');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
  });
});

test('a host that asks for anything is not examined, which causes only a note', async () => {
  const words = [
    '--domain',
    'example.com',
    '--recipient',
    'postmaster=jay',
    '--address',
    '192.0.2.25',
    '--out',
    'alone.yaml',
  ];
  const { exitCode, stderr } = await execa(
    'node',
    [
      resolve('dist/mailtun.js'),
      'init',
      ...words,
      '--relay',
      `root@${management()}.25`,
      '--gateway',
      `root@${management()}.250`,
    ],
    { cwd: folder, reject: false, stdin: 'ignore' },
  );
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^mailtun: root@[\d.]+\.25: could not be examined: the host key of [\d.]+ is not known/m);
  expect(stderr).toMatch(/^mailtun: root@[\d.]+\.250: could not be examined: /m);
});

/** The first three numbers of the addresses by which this machine reaches the lab's hosts. */
const management = (): string =>
  /HostName (\d+\.\d+\.\d+)\./.exec(readFileSync(`${state}/ssh_config`, 'utf8'))?.[1] ?? '';
