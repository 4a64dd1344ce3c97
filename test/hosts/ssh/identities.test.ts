import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentKey } from '../../../src/hosts/ssh/agent.ts';
import { chooseOffers } from '../../../src/hosts/ssh/identities.ts';
import { type KeyFile, readKeyFile } from '../../../src/hosts/ssh/key-files.ts';
import { sshString } from '../../../src/hosts/ssh/wire.ts';
import { type Desk, makeKey, openDesk } from './sshd.ts';

/** A public key with nothing behind its type but a name. */
const ed25519 = (name: string): Buffer => Buffer.concat([sshString('ssh-ed25519'), sshString(name)]);
const file = (path: string, key: string | null, isPrivate = true): KeyFile => ({
  path,
  publicKey: key === null ? null : ed25519(key),
  privateKey: isPrivate ? Buffer.from('-----BEGIN') : null,
  encrypted: false,
});
const held = (...names: readonly string[]): AgentKey[] =>
  names.map(name => ({ publicKey: ed25519(name), comment: name }));
const choose = (
  files: KeyFile[],
  agent: AgentKey[],
  identitiesOnly = false,
  preferred: string | null = null,
): string[] => chooseOffers(files, agent, { identitiesOnly, preferred }).map(({ from, name }) => `${from} ${name}`);

describe('the order in which keys are offered', () => {
  const standard = file('/home/jay/.ssh/id_ed25519', 'standard');
  const own = file('/keys/relay', 'relay');

  test('is the file of the inventory, then the agent, then the default files', () => {
    expect(choose([standard, own], held('x', 'y'), false, '/keys/relay')).toEqual([
      'file /keys/relay',
      'agent x',
      'agent y',
      'file /home/jay/.ssh/id_ed25519',
    ]);
  });

  test('a configured file comes before keys of the agent that are not configured', () => {
    expect(choose([own], held('x'))).toEqual(['file /keys/relay', 'agent x']);
  });

  test('the agent signs for a file whose key it has, and that key comes first', () => {
    expect(choose([own, standard], held('x', 'standard'))).toEqual([
      'agent /home/jay/.ssh/id_ed25519',
      'file /keys/relay',
      'agent x',
    ]);
  });

  test('a public key in a file means a key of the agent, and is not offered without one', () => {
    const half = file('/keys/relay.pub', 'relay', false);
    expect(choose([half], held('x', 'relay'), true)).toEqual(['agent /keys/relay.pub']);
    expect(choose([half], held('x'), true)).toEqual([]);
  });

  test('with IdentitiesOnly the agent offers nothing else', () => {
    expect(choose([own], held('x', 'y'), true)).toEqual(['file /keys/relay']);
  });

  test('no key is offered twice', () => {
    expect(choose([own, file('/keys/copy', 'relay')], [])).toEqual(['file /keys/relay']);
  });

  test('a private key whose public key is unknown cannot be offered', () => {
    expect(choose([file('/keys/old', null)], [])).toEqual([]);
  });
});

describe('key files as ssh-keygen writes them', () => {
  let desk: Desk;
  const read = (name: string): Promise<KeyFile | null> => readKeyFile(desk.path(name));
  const blob = (name: string): Buffer =>
    Buffer.from(readFileSync(desk.path(`${name}.pub`), 'utf8').split(' ')[1] ?? '', 'base64');
  beforeAll(() => {
    desk = openDesk();
  });
  afterAll(() => desk.clear());

  test.each(['ed25519', 'ecdsa'])(
    '%s, with and without a passphrase, contains its public key even without a .pub',
    async type => {
      for (const passphrase of ['', 'open sesame']) {
        const name = `${type}-${passphrase.length}`;
        makeKey(desk.path(name), passphrase, type);
        const expected = blob(name);
        rmSync(desk.path(`${name}.pub`));
        const key = await read(name);
        expect([key?.encrypted, key?.publicKey]).toEqual([passphrase !== '', expected]);
      }
    },
  );

  test('a key in the old PEM format contains it too, or has it in its .pub', async () => {
    const { execFileSync } = await import('node:child_process');
    for (const passphrase of ['', 'open sesame']) {
      const path = desk.path(`pem${passphrase.length}`);
      execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-m', 'PEM', '-N', passphrase, '-f', path]);
      expect(await readKeyFile(path)).toMatchObject({
        encrypted: passphrase !== '',
        publicKey: blob(`pem${passphrase.length}`),
      });
      rmSync(`${path}.pub`);
    }
    expect((await read('pem0'))?.publicKey).toBeInstanceOf(Buffer);
    expect((await read('pem11'))?.publicKey).toBeNull();
  });

  test('a public key alone, under either name, needs the agent', async () => {
    copyFileSync(desk.path('id.pub'), desk.path('alone'));
    copyFileSync(desk.path('id.pub'), desk.path('half.pub'));
    for (const name of ['alone', 'half'])
      expect(await read(name)).toEqual({
        path: desk.path(name),
        publicKey: blob('id'),
        privateKey: null,
        encrypted: false,
      });
  });

  test('what is not a key is not used', async () => {
    writeFileSync(desk.path('text'), 'nothing\n');
    writeFileSync(
      desk.path('cut'),
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    expect([await read('text'), await read('missing'), await read('')]).toEqual([null, null, null]);
    expect((await read('cut'))?.publicKey ?? null).toBeNull();
  });
});
