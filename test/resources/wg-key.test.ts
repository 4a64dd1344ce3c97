import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWgKey } from '../../src/facts/wg-key-state.ts';
import { PRIVATE_KEY, UNCLAMPED, WG_PUBLIC_KEY, wgKey } from '../../src/resources/wg-key.ts';
import { script } from '../../src/run/quoting.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from '../run/sandbox.ts';

const key = 'A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk=';
const other = 'C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=';
const saying = (text: string) => {
  const [first = '', ...said] = text.split('\n');
  const [mode = '', owner = '', group = ''] = first.split(/[ :]/);
  const file = text === '' ? absent(PRIVATE_KEY) : plainFile(PRIVATE_KEY, '', { mode, owner, group, content: null });
  return observing([file], { 'the WireGuard key': answer(said.join('\n')) });
};
const why = (text: string) => wgKey('wg0').judge(saying(text), world())?.why ?? null;

describe("a host's WireGuard key", () => {
  it.each([
    ['is made where there is none', '', 'missing'],
    ['is kept where both halves are there', `0600 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`, null],
    [
      'gets its public half written anew where another stands there',
      `0600 root:wheel\ncomputed ${key}\nwritten ${other}\ncurrent\n`,
      '/root/KEY_PUBLIC is missing or does not match it',
    ],
    [
      'is closed where others could read it',
      `0644 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`,
      'mode and owner 0644 root:wheel',
    ],
    [
      'is believed to fit on a release that can not tell',
      `0600 root:wheel\ncomputed \nwritten ${key}\ncurrent\n`,
      null,
    ],
    [
      'is looked at again on such a release where it is younger than its public half',
      `0600 root:wheel\ncomputed \nwritten ${key}\n`,
      '/root/KEY_PUBLIC is missing or does not match it',
    ],
  ])('%s', (_, text, expected) => {
    expect(why(text)).toBe(expected);
  });

  it('publishes its public key', () => {
    const text = `0600 root:wheel\ncomputed ${key}\nwritten ${key}\ncurrent\n`;
    expect(wgKey('wg0').publish?.(saying(text))).toEqual({ [WG_PUBLIC_KEY]: key });
  });

  it('publishes nothing that is not a key', () => {
    expect(wgKey('wg0').publish?.(saying('0600 root:wheel\ncomputed \nwritten $(reboot)\ncurrent\n'))).toEqual({});
  });
});

describe('text from a host', () => {
  it.each([key, other])('%s is a key', text => {
    expect(isWgKey(text)).toBe(true);
  });

  it.each(['', key.slice(1), `${key}\n`, `${key} `, key.replace('A', '$'), '='.repeat(44)])('%j is not a key', text => {
    expect(isWgKey(text)).toBe(false);
  });
});

const publicHalf = (bytes: Buffer): string => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), bytes]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return spki.subarray(-32).toString('base64');
};

describe.each(pdksh)('a key that is not clamped under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  it('has the same public key, whatever its first byte', async () => {
    const keys = Array.from({ length: 256 }, (_, first) => Buffer.from([first, ...Array(30).fill(first), 0x40]));
    for (const [index, one] of keys.entries()) host.write(`root/${index}`, `${one.toString('base64')}\n`);
    const { stdout } = await host.run(
      `${UNCLAMPED}\nn=0; while [ $n -lt 256 ]; do unclamped /root/$n; n=$((n + 1)); done`,
    );
    const forms = stdout.trimEnd().split('\n');
    for (const [index, form] of forms.entries()) {
      const [bytes, before] = [Buffer.from(form, 'base64'), keys[index] as Buffer];
      expect([isWgKey(form), bytes[0]]).toEqual([true, index | 1]);
      expect(publicHalf(bytes)).toBe(publicHalf(before));
    }
    expect(forms).toHaveLength(256);
  });
});

describe.each(pdksh)("a tunnel's key that was set up by hand under %s", shell => {
  const inForce = Buffer.alloc(32, 0x40);
  const [ours, theirs] = [inForce.toString('base64'), Buffer.alloc(32, 0x48).toString('base64')];
  it.each([
    ['on a line of its own', `inet6 2001:db8::1 64\nwgkey ${ours}\n`],
    ['in quotes', `wgport 6900 wgkey "${ours}" up\n`],
    ['on a line that a backslash continues', `wgport 6900 \\\n\twgkey \\\n\t\t${ours} \\\n\tup\n`],
    ['behind another one, which it replaces', `wgkey ${theirs}\nwgkey ${ours}\n`],
    ['before a comment with another one', `wgkey ${ours}\n# wgkey ${theirs}\n`],
    ['before a comment that a backslash continues', `wgkey ${ours}\n# once \\\nwgkey ${theirs}\n`],
  ])('is used where it stands %s', async (_, text) => {
    const host = sandbox(shell);
    host.write('etc/hostname.wg0', text);
    const [make] = wgKey('wg0').judge(saying(''), world())?.steps ?? [];
    if (!make?.stage) throw new Error('nothing is made');
    const ran = await host.run(script(make.stage.script, ...make.stage.args));
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(host.read('root/KEY_PRIVATE.mailtun.unfinished')).toBe(`${ours}\n`);
    expect(host.read('root/KEY_PUBLIC.mailtun.unfinished')).toBe(`${publicHalf(inForce)}\n`);
    host.remove();
  });
});
