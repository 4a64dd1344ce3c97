import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import { ask, type Desk, fleetOf, hostAt, makeKey, openDesk, type Sshd, startSshd, trust } from './sshd.ts';

let desk: Desk;
let sshd: Sshd;
let agent: ChildProcess;

beforeAll(async () => {
  desk = openDesk();
  sshd = await startSshd(desk, 'namorar_key');
  trust(desk, `127.0.0.1,[127.0.0.1]:* ${sshd.hostKey}`);
  agent = spawn('ssh-agent', ['-D', '-a', desk.path('agent')], { stdio: 'ignore' });
  await vi.waitUntil(() => readdirSync(desk.dir).includes('agent'));
  makeKey(desk.path('rsa'), '', 'rsa');
});
afterAll(async () => {
  agent.kill();
  await desk.clear();
});

/** The agent holds this and nothing else. */
const hold = (...words: readonly string[]): void => {
  const env = { ...process.env, SSH_AUTH_SOCK: desk.path('agent') };
  for (const each of [['-D'], words]) execFileSync('ssh-add', ['-q', ...each], { env, stdio: 'ignore' });
};

/** A copy of the desk's key under another name. */
const keyAt = (name: string): string => {
  const path = desk.path(name);
  for (const end of ['', '.pub']) copyFileSync(`${desk.identity}${end}`, `${path}${end}`);
  return path;
};

/** The first value of an option counts; `identity`: where no file is to be offered but those that a test names. */
const ssh_config = (lines: readonly string[], { port = sshd.port, identity = desk.identity } = {}): string =>
  [
    ...lines,
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User root',
    ...(identity === '' ? [] : [`IdentityFile ${identity}`]),
    'IdentityAgent none',
    `UserKnownHostsFile ${desk.knownHosts}`,
    'GlobalKnownHostsFile none',
    '',
  ].join('\n');

/** What ssh(1) itself and then mailtun make of the same configuration: `in`, or why not. */
async function both(config: string, target = 'namorar'): Promise<{ ssh: string; mailtun: string }> {
  const file = desk.path('as_ssh');
  writeFileSync(file, config);
  const { stdout, stderr } = spawnSync('ssh', ['-F', file, '-o', 'BatchMode=yes', target, 'echo in'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const host = hostAt('namorar', 0, { host: target, port: null, user: null });
  const mailtun = await connect(host, fleetOf(host), { ...desk.options, sshConfigFile: file }).then(
    async session => {
      try {
        return `${(await session.exchange([ask('echo in')]))[0]?.stdout}`.trim();
      } finally {
        await session.close();
      }
    },
    error => `${error.what}; ${error.remedy}`,
  );
  return { ssh: stdout.trim() || stderr.trim(), mailtun };
}
const IN = { ssh: 'in', mailtun: 'in' };

describe('where ssh(1) can log in, mailtun logs in with the same configuration', () => {
  test.each([
    ['%n', 'namorar'],
    ['%k', 'alias'],
    ['%l', hostname()],
    ['%r', 'root'],
  ])('with %s in IdentityFile', async (token, name) => {
    keyAt(`key-${name}`);
    const known = ['HostKeyAlias alias', 'StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null'];
    expect(await both(ssh_config([...known, `IdentityFile ${desk.path(`key-${token}`)}`], { identity: '' }))).toEqual(
      IN,
    );
  });

  test("with keys below a login's home, wherever HOME points", async () => {
    const { homedir, username } = (await import('node:os')).userInfo();
    const folder = `${homedir}/.mailtun-as-ssh-${process.pid}`;
    const home = process.env.HOME;
    mkdirSync(folder);
    try {
      copyFileSync(desk.identity, `${folder}/id`);
      process.env.HOME = desk.dir;
      for (const tilde of ['~', `~${username}`])
        expect(await both(ssh_config([`IdentityFile ${folder.replace(homedir, tilde)}/id`], { identity: '' }))).toEqual(
          IN,
        );
    } finally {
      process.env.HOME = home;
      spawnSync('rm', ['-r', folder]);
    }
  });

  test.each(['file', 'agent'])('with an RSA key in the %s, of which sshd does not accept SHA-512', async where => {
    const settings = [`AuthorizedKeysFile ${desk.path('rsa.pub')}`, 'PubkeyAcceptedAlgorithms rsa-sha2-256'];
    const its = await startSshd(desk, 'namorar_key', settings);
    hold(desk.path('rsa'));
    const keys = where === 'file' ? `IdentityFile ${desk.path('rsa')}` : `IdentityAgent ${desk.path('agent')}`;
    expect(await both(ssh_config([keys, 'IdentitiesOnly no'], { port: its.port, identity: '' }))).toEqual(IN);
    await its.stop();
  });

  test('with a key of the agent that is restricted to this host', async () => {
    hold('-H', desk.knownHosts, '-h', '127.0.0.1', desk.identity);
    const lines = [`IdentityAgent ${desk.path('agent')}`];
    expect(await both(ssh_config(lines, { identity: `${desk.identity}.pub` }))).toEqual(IN);
  });

  test('and not with one that is restricted to another host', async () => {
    makeKey(desk.path('other_host'));
    writeFileSync(desk.path('other_known'), `other ${readFileSync(desk.path('other_host.pub'), 'utf8')}`);
    hold('-H', desk.path('other_known'), '-h', 'other', desk.identity);
    const lines = [`IdentityAgent ${desk.path('agent')}`];
    const { ssh, mailtun } = await both(ssh_config(lines, { identity: `${desk.identity}.pub` }));
    expect(ssh).toContain('Permission denied');
    expect(mailtun).toMatch(/accepts none of the keys \(.*: accepted, but it did not sign/);
  });

  test.each(['bastion-%h', 'root@bastion-127.0.0.1,root@bastion-%h'])('through ProxyJump %s', async jump => {
    const hops = `Host inner\nProxyJump ${jump}\nMatch host inner,bastion-127.0.0.1\n`;
    expect(await both(`${hops}${ssh_config([])}`, 'inner')).toEqual(IN);
  });
});

describe('a host whose key ssh(1) accepts without known_hosts', () => {
  const unknown = (...lines: readonly string[]) => both(ssh_config([...lines, 'UserKnownHostsFile none']));

  test('is accepted on this machine with NoHostAuthenticationForLocalhost', async () => {
    expect(await unknown('NoHostAuthenticationForLocalhost yes')).toEqual(IN);
    const other = await unknown('NoHostAuthenticationForLocalhost yes', 'HostKeyAlias namorar');
    expect(other).toEqual({
      ssh: expect.stringContaining('verification failed'),
      mailtun: expect.stringContaining('the host key of namorar is not known'),
    });
    writeFileSync(desk.path('revoked'), `${sshd.hostKey}\n`);
    const revoked = await unknown('NoHostAuthenticationForLocalhost yes', `RevokedHostKeys ${desk.path('revoked')}`);
    expect(revoked).toEqual({
      ssh: expect.stringContaining('revoked'),
      mailtun: expect.stringContaining('listed as revoked'),
    });
  });

  test.each([
    ['%H', '', (port: number) => `[127.0.0.1]:${port}`],
    ['%H', 'HostKeyAlias vm', () => 'vm'],
    ['"* %n"', '', () => '* namorar'],
  ])('is accepted if KnownHostsCommand prints the key for %s %s', async (token, alias, name) => {
    const program = desk.path('known-hosts-command');
    writeFileSync(program, `#!/bin/sh\n[ "$1" = '${name(sshd.port)}' ] && echo '* ${sshd.hostKey}'\nexit 0\n`, {
      mode: 0o755,
    });
    expect(await unknown(`KnownHostsCommand ${program} ${token}`, alias)).toEqual(IN);
  });

  test('is not accepted if the command prints another key, or fails', async () => {
    const other = readFileSync(`${desk.identity}.pub`, 'utf8').split(' ')[1];
    const changed = await unknown(`KnownHostsCommand /bin/echo * ssh-ed25519 ${other}`);
    expect(changed.ssh).toContain('verification failed');
    expect(changed.mailtun).toMatch(/^the host key has changed: .* KnownHostsCommand:1 has a different one/);
    // Even where a file knows the host; one that is not there ssh passes over.
    expect(await both(ssh_config(['KnownHostsCommand /bin/false']))).toEqual({
      ssh: expect.stringMatching(/^KnownHostsCommand/),
      mailtun: expect.stringMatching(/^KnownHostsCommand "\/bin\/false" failed \(exit 1\)/),
    });
    expect(await both(ssh_config(['KnownHostsCommand /nowhere']))).toEqual(IN);
    expect((await unknown('KnownHostsCommand /nowhere')).mailtun).toContain('is not known');
  });

  test('is accepted if the name of the file contains a blank', async () => {
    mkdirSync(desk.path('with blank'));
    copyFileSync(desk.knownHosts, desk.path('with blank/known'));
    expect(await both(ssh_config([`UserKnownHostsFile /nowhere "${desk.path('with blank/known')}"`]))).toEqual(IN);
  });

  const PIN = /then put the fingerprint under ssh: host_key in the inventory$/;
  test('needs a fingerprint in the inventory if ssh accepts it by a certificate, since ssh saves nothing then', async () => {
    makeKey(desk.path('ca'));
    copyFileSync(desk.path('namorar_key.pub'), desk.path('certified.pub'));
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      desk.path('ca'),
      '-h',
      '-I',
      'h',
      '-n',
      '127.0.0.1',
      desk.path('certified.pub'),
    ]);
    const its = await startSshd(desk, 'namorar_key', [`HostCertificate ${desk.path('certified-cert.pub')}`]);
    writeFileSync(desk.path('authorities'), `@cert-authority * ${readFileSync(desk.path('ca.pub'), 'utf8')}`);
    const lines = [`UserKnownHostsFile ${desk.path('authorities')}`];
    const { ssh, mailtun } = await both(ssh_config(lines, { port: its.port }));
    expect(ssh).toBe('in');
    expect(mailtun).toMatch(/cannot check @cert-authority lines; compare/);
    expect(mailtun).toMatch(PIN);
    await its.stop();
  });
  test.each([
    ['VerifyHostKeyDNS yes', /does not ask DNS for it \(VerifyHostKeyDNS\); compare/],
    ['UserKnownHostsFile /dev/null', /is not known: \S+ \(ssh-ed25519\); compare/],
  ])('needs one under %s as well', async (line, what) => {
    const { mailtun } = await unknown(line);
    expect(mailtun).toMatch(what);
    expect(mailtun).toMatch(PIN);
  });
});

describe('a ProxyCommand', () => {
  test('that passes a descriptor (ProxyUseFdpass) is refused with the reason', async () => {
    const { mailtun } = await both(ssh_config(['ProxyUseFdpass yes', 'ProxyCommand nc -F %h %p']));
    expect(mailtun).toMatch(/^ProxyUseFdpass is set, and only ssh itself can take over the connection/);
  });
});

describe('a user of ProxyJump', () => {
  test('may contain an @, as in directory services', async () => {
    const hops = `Host inner\nUser root\nProxyJump kim@example.org@bastion\nMatch host inner,bastion\n`;
    const { ssh, mailtun } = await both(`${hops}${ssh_config([]).replace('User root', '')}`, 'inner');
    expect(ssh).toContain('kim@example.org@127.0.0.1: Permission denied');
    expect(mailtun).toMatch(/^the connection goes through bastion: kim@example\.org@127\.0\.0\.1 accepts none/);
  });
});

describe('a key that only ssh(1) could use is named, with the reason', () => {
  const refusal = async (...lines: readonly string[]) => (await both(ssh_config(lines, { identity: '' }))).mailtun;
  test('a public key alone, which no agent has', async () => {
    copyFileSync(`${desk.identity}.pub`, desk.path('half.pub'));
    expect(await refusal(`IdentityFile ${desk.path('half.pub')}`)).toMatch(
      /^there is no key to log in with as root; not offered: .*half\.pub \(a public key only, and the agent does not have it\); it accepts publickey; ssh-add the key/,
    );
  });
  test('a file that does not exist', async () => {
    expect(await refusal('IdentityFile /nowhere/id')).toContain(
      'not offered: /nowhere/id (does not exist, or is not a key)',
    );
  });
  test('one that PubkeyAcceptedAlgorithms excludes', async () => {
    const said = await refusal(`IdentityFile ${desk.path('rsa')}`, 'PubkeyAcceptedAlgorithms ssh-ed25519');
    expect(said).toContain('rsa (PubkeyAcceptedAlgorithms excludes it)');
  });
  test('those of a PKCS11Provider', async () => {
    expect(await refusal('PKCS11Provider /usr/lib/none.so', 'IdentityFile none')).toContain(
      'keys of PKCS11Provider (ssh-add -s /usr/lib/none.so)',
    );
  });
});
