import { execFileSync, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import { createPool, type Pool } from '../../../src/hosts/ssh/pool.ts';
import { parseCertificate } from '../../../src/hosts/ssh/public-keys.ts';
import { sshString, uint32, wireReader } from '../../../src/hosts/ssh/wire.ts';
import { ask, type Desk, fleetOf, hostAt, makeKey, openDesk, type Sshd, startSshd, trust } from './sshd.ts';

let desk: Desk;
/** Takes what the CA has certified, and the keys in `authorized`. */
let sshd: Sshd;
const closing: (() => void)[] = [];

beforeAll(async () => {
  desk = openDesk();
  makeKey(desk.path('ca'));
  writeFileSync(desk.path('authorized'), '');
  sshd = await startSshd(desk, 'host_key', [
    `TrustedUserCAKeys ${desk.path('ca.pub')}`,
    `AuthorizedKeysFile ${desk.path('authorized')}`,
  ]);
  trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
});
afterAll(async () => {
  for (const close of closing) close();
  await desk.clear();
});

const config = (...lines: readonly string[]): string => {
  const known = `UserKnownHostsFile ${desk.knownHosts}\nGlobalKnownHostsFile none\n`;
  writeFileSync(desk.path('config'), `Host *\n${lines.join('\n')}\n${known}`);
  return desk.path('config');
};

const loggedIn = async (identityFile: string | null, sshConfigFile: string, pool: Pool = createPool()) => {
  const host = hostAt('namorar', sshd.port, { identityFile });
  const session = await connect(host, fleetOf(host), { ...desk.options, sshConfigFile, pool });
  const [answer] = await session.exchange([ask('echo in')]);
  await session.close();
  return `${answer?.stdout}`;
};

const certify = (name: string, ...words: readonly string[]): void =>
  void execFileSync('ssh-keygen', ['-q', '-s', desk.path('ca'), '-I', name, ...words, desk.path(`${name}.pub`)]);

const authorize = (line: string): void => writeFileSync(desk.path('authorized'), `${line}\n`);

describe('certificates', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])('one next to an %s key is offered', async type => {
    makeKey(desk.path(`own-${type}`), '', type);
    certify(`own-${type}`, '-n', 'root');
    const own = config('IdentityAgent none', `IdentityFile ${desk.path(`own-${type}`)}`);
    expect(await loggedIn(null, own)).toBe('in\n');
    expect(await loggedIn(desk.path(`own-${type}`), config('IdentityAgent none'))).toBe('in\n');
  });

  test('one of CertificateFile is used for a key of another name, with a passphrase', async () => {
    makeKey(desk.path('sealed'), 'open sesame');
    certify('sealed', '-n', 'root');
    execFileSync('mv', [desk.path('sealed-cert.pub'), desk.path('elsewhere.pub')]);
    const own = config(
      'IdentityAgent none',
      `IdentityFile ${desk.path('sealed')}`,
      `CertificateFile ${desk.path('elsewhere.pub')}`,
    );
    expect(
      await loggedIn(
        null,
        own,
        createPool(async () => 'open sesame'),
      ),
    ).toBe('in\n');
  });

  test('the agent signs with its own, and for one in a file', async () => {
    const socket = desk.path('agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    closing.push(() => agent.kill());
    await vi.waitUntil(() => readdirSync(desk.dir).includes('agent'));
    const add = (...words: readonly string[]) =>
      execFileSync('ssh-add', ['-q', ...words], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    makeKey(desk.path('held'));
    certify('held', '-n', 'root');
    add(desk.path('held'));
    expect(await loggedIn(null, config(`IdentityAgent ${socket}`, 'IdentityFile none'))).toBe('in\n');
    add('-D');
    execFileSync('mv', [desk.path('held-cert.pub'), desk.path('apart.pub')]);
    add(desk.path('held'));
    rmSync(desk.path('held'));
    const apart = config(`IdentityAgent ${socket}`, 'IdentityFile none', `CertificateFile ${desk.path('apart.pub')}`);
    expect(await loggedIn(null, apart)).toBe('in\n');
  });

  test('one that no sshd would accept is reported with the reason', async () => {
    const refused = async (name: string, ...words: readonly string[]) => {
      makeKey(desk.path(name));
      certify(name, ...words);
      return loggedIn(desk.path(name), config('IdentityAgent none')).catch(error => error.what);
    };
    expect(await refused('old', '-n', 'root', '-V', '20200101:20200201')).toMatch(
      /certificate .*old-cert\.pub: refused \(it expired on 2020-0[12]-\d\d .*UTC\)/,
    );
    expect(await refused('other', '-n', 'jay')).toMatch(/other-cert\.pub: refused \(it is for jay\)/);
  });

  test('are read as ssh-keygen writes them', () => {
    const blob = Buffer.from(readFileSync(desk.path('own-rsa-cert.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
    const plain = Buffer.from(readFileSync(desk.path('own-rsa.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
    expect(parseCertificate(blob)).toEqual({
      publicKey: plain,
      principals: ['root'],
      validBefore: null,
    });
    expect(parseCertificate(blob.subarray(0, 100))).toBeNull();
    expect(parseCertificate(plain)).toBeNull();
  });
});

describe('keys of hardware tokens', () => {
  /** An agent with one key, which answers as ssh-agent does with a token behind it. */
  const tokenAgent = (name: string, blob: Buffer, signature: (text: Buffer) => Buffer): Promise<string> => {
    const server: Server = createServer(socket =>
      socket.on('data', chunk => {
        const message = wireReader(chunk).string();
        const request = wireReader(message.subarray(1));
        if (message[0] === 11) {
          const keys = [Buffer.of(12), uint32(1), sshString(blob), sshString('a token')];
          socket.write(sshString(Buffer.concat(keys)));
          return;
        }
        const [, text] = [request.string(), request.string()];
        socket.write(sshString(Buffer.concat([Buffer.of(14), sshString(signature(text))])));
      }),
    );
    closing.push(() => server.close());
    return new Promise(resolve => server.listen(desk.path(name), () => resolve(desk.path(name))));
  };
  const sha256 = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();
  const touched = Buffer.concat([Buffer.of(1), uint32(7)]);
  const signed = (text: Buffer): Buffer => Buffer.concat([sha256('ssh:'), touched, sha256(text)]);

  test('sk-ssh-ed25519 works in the agent', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const type = 'sk-ssh-ed25519@openssh.com';
    const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const blob = Buffer.concat([sshString(type), sshString(point), sshString('ssh:')]);
    authorize(`${type} ${blob.toString('base64')}`);
    const socket = await tokenAgent('token1', blob, text =>
      Buffer.concat([sshString(type), sshString(sign(null, signed(text), privateKey)), touched]),
    );
    expect(await loggedIn(null, config(`IdentityAgent ${socket}`, 'IdentityFile none'))).toBe('in\n');
  });

  test('sk-ecdsa works in the agent', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    const blob = Buffer.concat([sshString(type), sshString('nistp256'), sshString(point), sshString('ssh:')]);
    authorize(`${type} ${blob.toString('base64')}`);
    const number = (bytes: Buffer): Buffer => sshString(Buffer.concat([Buffer.alloc(1), bytes]));
    const socket = await tokenAgent('token2', blob, text => {
      const both = sign('sha256', signed(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const numbers = Buffer.concat([number(both.subarray(0, 32)), number(both.subarray(32))]);
      return Buffer.concat([sshString(type), sshString(numbers), touched]);
    });
    expect(await loggedIn(null, config(`IdentityAgent ${socket}`, 'IdentityFile none'))).toBe('in\n');
  });
});

describe('key files', () => {
  test.each(['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-cbc', 'aes256-ctr'])(
    'after a mistyped passphrase, one encrypted with %s asks again',
    async cipher => {
      const path = desk.path(cipher);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-Z', cipher, '-N', 'open sesame', '-f', path]);
      authorize(readFileSync(`${path}.pub`, 'utf8'));
      const typed = ['opne sesame', 'open sesame'];
      expect(
        await loggedIn(
          path,
          config('IdentityAgent none'),
          createPool(async () => typed.shift() ?? null),
        ),
      ).toBe('in\n');
    },
  );

  test('one with a cipher that mailtun does not support names it, and ssh-add', async () => {
    const path = desk.path('chacha');
    const words = ['-q', '-t', 'ed25519', '-Z', 'chacha20-poly1305@openssh.com', '-N', 'open sesame', '-f', path];
    execFileSync('ssh-keygen', words);
    authorize(readFileSync(`${path}.pub`, 'utf8'));
    await expect(loggedIn(path, config('IdentityAgent none'))).rejects.toMatchObject({
      what: `the key "${path}" cannot be used: it is encrypted with chacha20-poly1305@openssh.com, which mailtun cannot decrypt`,
      remedy: expect.stringContaining(`ssh-add ${path}`),
    });
  });

  test.each([
    ['rsa', 'PKCS8', ''],
    ['rsa', 'PKCS8', 'open sesame'],
    ['ecdsa', 'PKCS8', 'open sesame'],
    ['ecdsa', 'PEM', 'open sesame'],
  ])('%s in the format %s, with the passphrase %j, can sign', async (type, form, passphrase) => {
    const path = desk.path(`${type}-${form}-${passphrase.length}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-m', form, '-N', passphrase, '-f', path]);
    authorize(readFileSync(`${path}.pub`, 'utf8'));
    if (passphrase === '') rmSync(`${path}.pub`);
    const typed = ['wrong', passphrase];
    expect(
      await loggedIn(
        path,
        config('IdentityAgent none'),
        createPool(async () => typed.shift() ?? null),
      ),
    ).toBe('in\n');
  });

  test('PubkeyAcceptedAlgorithms keeps a key from being offered', async () => {
    makeKey(desk.path('unwanted'), '', 'rsa');
    authorize(readFileSync(desk.path('unwanted.pub'), 'utf8'));
    const only = (algorithms: string) => config('IdentityAgent none', `PubkeyAcceptedAlgorithms ${algorithms}`);
    expect(await loggedIn(desk.path('unwanted'), only('rsa-sha2-256'))).toBe('in\n');
    await expect(loggedIn(desk.path('unwanted'), only('ssh-ed25519'))).rejects.toMatchObject({
      what: expect.stringContaining('there is no key to log in with as root'),
    });
  });

  test('keys in several RevokedHostKeys are refused, and no other host is', async () => {
    makeKey(desk.path('own'));
    authorize(readFileSync(desk.path('own.pub'), 'utf8'));
    for (const name of ['revoked1', 'revoked2']) writeFileSync(desk.path(name), '');
    // As `ssh -G` of OpenSSH 10.3 prints it; older ones take one file.
    const { hostKeyCheck } = await import('../../../src/hosts/ssh/host-key.ts');
    const { parseSshConfig } = await import('../../../src/hosts/ssh/parse-ssh-config.ts');
    const { here } = await import('../../../src/hosts/ssh/ssh-config.ts');
    const printed = `hostname 127.0.0.1\nport ${sshd.port}\nuserknownhostsfile ${desk.knownHosts}\nrevokedhostkeys ${desk.path('revoked1')} ${desk.path('revoked2')}\n`;
    const words = { host: '127.0.0.1', port: sshd.port, user: null, identityFile: null };
    const judged = async () => {
      const check = await hostKeyCheck('namorar', words, parseSshConfig(printed, here(), '127.0.0.1'), null);
      return check.judge(Buffer.from(sshd.hostKey.split(' ')[1] ?? '', 'base64'))?.what ?? 'well';
    };
    expect(await judged()).toBe('well');
    writeFileSync(desk.path('revoked2'), `${sshd.hostKey}\n`);
    expect(await judged()).toContain('listed as revoked');
  });
});
