import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostKeyCheck } from '../../../src/hosts/ssh/host-key.ts';
import {
  fingerprint,
  judgeHostKey,
  knownAs,
  knownTypes,
  linesFor,
  orderHostKeyAlgorithms,
  parseKnownHosts,
} from '../../../src/hosts/ssh/known-hosts.ts';
import { parseSshConfig } from '../../../src/hosts/ssh/parse-ssh-config.ts';
import { keyType } from '../../../src/hosts/ssh/public-keys.ts';
import { here } from '../../../src/hosts/ssh/ssh-config.ts';
import { type Desk, makeKey, openDesk } from './sshd.ts';

/** A public key in SSH's own form: the type, and enough to tell it from others. */
const key = (type: string, rest: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type + rest)]);
};
const mine = key('ssh-ed25519', 'mine');
const other = key('ssh-ed25519', 'other');
const rsa = key('ssh-rsa', 'rsa');
const line = (hosts: string, of: Buffer, marker = ''): string =>
  `${marker}${hosts} ${keyType(of)} ${of.toString('base64')} comment`;

const judge = (text: string, names: string[], shown = mine): string => {
  const verdict = judgeHostKey(linesFor(parseKnownHosts(text, 'kh'), names), shown);
  return 'entry' in verdict ? `${verdict.kind} ${verdict.entry.path}:${verdict.entry.line}` : verdict.kind;
};

describe('a key is judged as ssh judges it', () => {
  test.each<[string, string[], string, Buffer?]>([
    ['', ['a'], 'unknown'],
    ['# a ssh-ed25519 AAAA', ['a'], 'unknown'],
    [line('a', mine), ['a'], 'known kh:1'],
    [`\n\n  ${line('a', mine)}`, ['a'], 'known kh:3'],
    [`${line('a', mine)}\r\n`, ['a'], 'known kh:1'],
    [line('A,b', mine), ['a'], 'known kh:1'],
    [line('b,c', mine), ['a'], 'unknown'],
    [line('ab', mine), ['a'], 'unknown'],
    [line('a', other), ['a'], 'changed kh:1'],
    [`${line('a', other)}\n${line('a', mine)}`, ['a'], 'known kh:2'],
    [line('a', rsa), ['a'], 'changed kh:1'],
    [`${line('a', rsa)}\n${line('a', other)}`, ['a'], 'changed kh:2'],
    [`${line('a', rsa)}\n${line('a', mine)}`, ['a'], 'known kh:2'],
    [line('*.example.com', mine), ['x.example.com'], 'known kh:1'],
    [line('*.example.com', mine), ['example.com'], 'unknown'],
    [line('?.b', mine), ['a.b'], 'known kh:1'],
    [line('?.b', mine), ['axb'], 'unknown'],
    [line('*,!a', mine), ['a'], 'unknown'],
    [line('*,!a', mine), ['b'], 'known kh:1'],
    [line('!a', mine), ['b'], 'unknown'],
    [line('a', mine, '@revoked '), ['a'], 'revoked kh:1'],
    [line('*', mine, '@revoked '), ['a'], 'revoked kh:1'],
    [`${line('a', mine)}\n${line('a', mine, '@revoked ')}`, ['a'], 'revoked kh:2'],
    [line('b', mine, '@revoked '), ['a'], 'unknown'],
    [line('a', other, '@revoked '), ['a'], 'unknown'],
    [line('a', mine, '@cert-authority '), ['a'], 'unknown'],
    [line('a', other, '@nonsense '), ['a'], 'unknown'],
    [line('[a]:2201', mine), ['[a]:2201', 'a'], 'known kh:1'],
    [line('a', mine), ['[a]:2201', 'a'], 'known kh:1'],
    [line('a', other), ['[a]:2201', 'a'], 'unknown'],
    [`${line('[a]:2201', other)}\n${line('a', mine)}`, ['[a]:2201', 'a'], 'changed kh:1'],
    [line('[a]:2202', mine), ['[a]:2201', 'a'], 'unknown'],
    [line('2001:db8::1', mine), ['2001:db8::1'], 'known kh:1'],
    ['a ssh-ed25519', ['a'], 'unknown'],
    ['a', ['a'], 'unknown'],
    ['|1|broken', ['a'], 'unknown'],
    [line('|1||', mine), ['a'], 'unknown'],
    [line('|2|AAAA|AAAA', mine), ['a'], 'unknown'],
  ])('%s for %s: %s', (text, names, verdict) => {
    expect(judge(text, names)).toBe(verdict);
  });

  test('only a @cert-authority line is about certificates', () => {
    const lines = (text: string) => linesFor(parseKnownHosts(text, 'kh'), ['a']);
    expect(judgeHostKey(lines(line('a', other, '@cert-authority ')), mine)).toMatchObject({ certified: true });
    expect(judgeHostKey(lines(line('b', other, '@cert-authority ')), mine)).toMatchObject({ certified: false });
  });
});

test('a host on another port than 22 has its own name', () => {
  expect([knownAs('Namorar', 22), knownAs('Namorar', 2201), knownAs('2001:db8::1', 2201)]).toEqual([
    'namorar',
    '[namorar]:2201',
    '[2001:db8::1]:2201',
  ]);
});

test('known types of keys are requested first, or else the host would seem to have changed', () => {
  const lines = linesFor(parseKnownHosts(`${line('a', rsa)}\n${line('b', mine)}`, 'kh'), ['a']);
  expect(orderHostKeyAlgorithms(['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'], knownTypes(lines))).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-ed25519',
  ]);
  expect(orderHostKeyAlgorithms(['ssh-ed25519', 'rsa-sha2-512'], [])).toEqual(['ssh-ed25519', 'rsa-sha2-512']);
});

describe('compared with ssh-keygen', () => {
  let desk: Desk;
  let publicKey: string;
  const blob = (): Buffer => Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  beforeAll(() => {
    desk = openDesk();
    publicKey = makeKey(desk.path('host'));
  });
  afterAll(() => desk.clear());

  test('the fingerprint is the same', () => {
    const printed = execFileSync('ssh-keygen', ['-lf', desk.path('host.pub')])
      .toString()
      .split(' ')[1];
    expect(fingerprint(blob())).toBe(printed);
    expect(keyType(blob())).toBe('ssh-ed25519');
  });

  test('names that ssh-keygen hashed are found', () => {
    writeFileSync(desk.path('kh'), `a ${publicKey}\n[a.example.com]:2201,2001:db8::1 ${publicKey}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', desk.path('kh')], { stdio: 'ignore' });
    const text = execFileSync('cat', [desk.path('kh')]).toString();
    expect(text).not.toContain('example.com');
    for (const name of ['a', '[a.example.com]:2201', '2001:db8::1'])
      expect(judge(text, [name], blob())).toMatch(/^known/);
    for (const name of ['b', 'a.example.com']) expect(judge(text, [name], blob())).toBe('unknown');
  });

  test('messages say what to compare, and how to accept the key', async () => {
    const words = { host: 'namorar', port: 2201, user: 'root', identityFile: null };
    const config = (lines: string) =>
      parseSshConfig(
        `hostname 192.0.2.25\nport 2201\nuser root\nuserknownhostsfile ${desk.path('kh')}\n${lines}`,
        here(),
        'namorar',
      );
    const said = async (text: string, pin: string | null = null, lines = '') => {
      writeFileSync(desk.path('kh'), text);
      const failure = (await hostKeyCheck('namorar', words, config(lines), pin)).judge(blob());
      return (
        failure &&
        [failure.what, failure.remedy].map(each =>
          each.replaceAll(desk.dir, '~').replaceAll(fingerprint(blob()), 'SHA256:its'),
        )
      );
    };
    expect(await said(`[192.0.2.25]:2201 ${publicKey}`)).toBeNull();
    expect(await said('')).toEqual([
      'the host key of [192.0.2.25]:2201 is not known: SHA256:its (ssh-ed25519)',
      "compare it with the host's own (there: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then accept it: ssh -p 2201 -l root namorar true",
    ]);
    expect(await said('', null, 'stricthostkeychecking accept-new')).toBeNull();
    const changed = [
      'the host key has changed: it is SHA256:its (ssh-ed25519), but ~/kh:1 has a different one for [192.0.2.25]:2201',
      expect.stringContaining('remove [192.0.2.25]:2201 from ~/kh:1 '),
    ];
    expect(await said(line('[192.0.2.25]:2201', other))).toEqual(changed);
    expect(await said(line('[192.0.2.25]:2201', other), null, 'stricthostkeychecking false')).toEqual(changed);
    expect(await said(`@revoked * ${publicKey}`, null, 'stricthostkeychecking false')).toEqual([
      'the host key SHA256:its (ssh-ed25519) is marked @revoked at ~/kh:1',
      expect.any(String),
    ]);
    writeFileSync(desk.path('revoked'), `# stolen\n${publicKey}\n`);
    const revoked = `revokedhostkeys ${desk.path('revoked')}`;
    for (const pin of [null, fingerprint(blob())])
      expect((await said(`[192.0.2.25]:2201 ${publicKey}`, pin, revoked))?.[0]).toBe(
        'the host key SHA256:its (ssh-ed25519) is listed as revoked in ~/revoked',
      );
    writeFileSync(desk.path('revoked'), 'SSHKRL\n\0');
    await expect(said('', null, revoked)).rejects.toMatchObject({ what: expect.stringContaining('is a KRL') });
    await expect(said('', null, 'revokedhostkeys /none')).rejects.toMatchObject({
      what: 'RevokedHostKeys "/none" cannot be read',
    });
    expect(await said(line('[192.0.2.25]:2201', other), fingerprint(blob()))).toBeNull();
    expect((await said(`[192.0.2.25]:2201 ${publicKey}`, 'SHA256:pinned'))?.[0]).toBe(
      'the host key is not the one of the inventory: it is SHA256:its (ssh-ed25519), not "SHA256:pinned"',
    );
    expect(await said(`relay ${publicKey}`, null, 'hostkeyalias Relay')).toBeNull();
    expect((await said(line('[192.0.2.25]:2201', mine, '@cert-authority ')))?.[0]).toContain(
      'cannot check @cert-authority',
    );
  });
});
