import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { connect } from '../../../src/hosts/connect.ts';
import { ask, type Desk, fleetOf, hostAt, openDesk, type Sshd, startSshd, trust } from './sshd.ts';

/** Options without effect on mailtun's sessions, each set to a value whose effect would be visible. */
const WITHOUT_EFFECT = `
RemoteCommand echo noise
RequestTTY force
SessionType none
StdinNull yes
ForkAfterAuthentication yes
PermitLocalCommand yes
LocalCommand echo noise
ForwardAgent yes
ForwardX11 yes
LocalForward 1 127.0.0.1:1
RemoteForward 1 127.0.0.1:1
DynamicForward 1
Tunnel yes
PermitRemoteOpen none
SendEnv *
SetEnv HOME=/ LC_ALL=nonsense
ServerAliveInterval 1
ServerAliveCountMax 1
TCPKeepAlive no
ConnectionAttempts 3
Compression yes
RekeyLimit 16K
IPQoS none
ObscureKeystrokeTiming no
ChannelTimeout *=1s
LogLevel DEBUG3
LogVerbose *
VisualHostKey yes
FingerprintHash md5
WarnWeakCrypto yes
EscapeChar none
VersionAddendum x
SyslogFacility USER
BatchMode yes
NumberOfPasswordPrompts 1
AddKeysToAgent yes
UpdateHostKeys yes
HashKnownHosts yes
ControlMaster auto
ControlPersist 1
PreferredAuthentications password
PubkeyAuthentication no
PasswordAuthentication yes
KbdInteractiveAuthentication yes
HostbasedAuthentication yes
GSSAPIAuthentication yes
Ciphers aes128-ctr
KexAlgorithms curve25519-sha256
MACs hmac-sha2-256
VerifyHostKeyDNS yes
BindInterface nowhere0
CASignatureAlgorithms ssh-ed25519
RequiredRSASize 2048
CheckHostIP yes
PKCS11Provider none
SecurityKeyProvider internal
`;

/** The table's rows: options, and how mailtun treats them. */
const rows = [...readFileSync('docs/ssh.md', 'utf8').matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(
  ([, options = '', becomes = '']) => ({
    options: options.match(/\b[A-Z][A-Za-z0-9]+\b/g) ?? [],
    becomes,
    text: options,
  }),
);
const isOption = (word: string): boolean => /^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$/.test(word) && word.length > 2;

describe('a session with an ssh_config that sets every option without effect', () => {
  let desk: Desk;
  let sshd: Sshd;
  beforeAll(async () => {
    desk = openDesk();
    sshd = await startSshd(desk, 'options_key');
    trust(desk, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
    const own = readFileSync(desk.path('ssh_config'), 'utf8');
    writeFileSync(desk.path('ssh_config'), `IgnoreUnknown *\n${own}${WITHOUT_EFFECT}`);
  });
  afterAll(() => desk.clear());

  // Options that a canonical or a tagged host has, and those of OpenSSH 10, come to mailtun by ssh's own reading of them.
  const knows = (option: string): boolean => spawnSync('ssh', ['-G', '-o', option, 'x']).status === 0;
  test.each([
    ['CanonicalizeHostname', 'CanonicalizeHostname=always', 'Match canonical all'],
    ['Tag', 'Tag=mail', 'Match tagged mail'],
  ])('follows %s', async (_, option, match) => {
    if (!knows(option)) return;
    const file = desk.path('matching');
    const own = readFileSync(desk.path('ssh_config'), 'utf8');
    writeFileSync(
      file,
      `${option.replace('=', ' ')}\nHostName 127.0.0.1\n${match}\n  Port ${sshd.port}\nMatch all\n${own}`,
    );
    const host = hostAt('namorar', 1, { host: 'namorar.test', port: null });
    const session = await connect(host, fleetOf(host), { ...desk.options, sshConfigFile: file });
    await session.close();
  });
  test('is refused by RefuseConnection, with its message', async () => {
    if (!knows('RefuseConnection=x')) return;
    const file = desk.path('refusing');
    writeFileSync(file, 'RefuseConnection "not from here"\n');
    const host = hostAt('namorar', sshd.port);
    await expect(connect(host, fleetOf(host), { ...desk.options, sshConfigFile: file })).rejects.toThrow(
      /ssh does not accept its configuration for .*not from here/,
    );
  });

  test('logs in with a key, and its streams contain only questions and answers', async () => {
    const host = hostAt('namorar', sshd.port);
    const before = readFileSync(desk.knownHosts, 'utf8');
    const session = await connect(host, fleetOf(host), desk.options);
    try {
      // Longer than ServerAliveInterval, ChannelTimeout and RekeyLimit would allow.
      const [answer, large] = await session.exchange([
        ask('echo "$HOME"; sleep 2.5; echo there'),
        ask('dd if=/dev/zero bs=65536 count=4 2>/dev/null'),
      ]);
      expect([answer?.exit, `${answer?.stdout}`, `${answer?.stderr}`]).toEqual([0, '/nonexistent\nthere\n', '']);
      expect(large?.stdout).toHaveLength(262_144);
    } finally {
      await session.close();
    }
    expect(readFileSync(desk.knownHosts, 'utf8')).toBe(before);
  });
});

describe('the table of options', () => {
  const tests = readdirSync('test/hosts/ssh')
    .filter(name => name.endsWith('.test.ts'))
    .map(name => readFileSync(`test/hosts/ssh/${name}`, 'utf8').replace(WITHOUT_EFFECT, '').toLowerCase())
    .join('\n');
  const honoured = rows.filter(({ becomes }) => /^honoured|^an existing master connection/.test(becomes));
  const without = rows.filter(({ becomes }) => /^(no effect|ignored|not used|mailtun never)/.test(becomes));

  it.each(honoured.flatMap(row => row.options.filter(isOption)))('has a test of %s, which is honoured', option => {
    expect(tests).toContain(option.toLowerCase());
  });
  it.each(without.flatMap(row => row.options.filter(isOption)))('tests %s as one without effect', option => {
    expect(WITHOUT_EFFECT).toMatch(new RegExp(`^${option} `, 'm'));
  });
  it('has no other options', () => {
    const known = new Set(rows.flatMap(row => row.options));
    const named = [...WITHOUT_EFFECT.matchAll(/^(\w+) /gm)].map(match => match[1] ?? '');
    expect(named.filter(option => !known.has(option) && option !== 'PermitLocalCommand')).toEqual([]);
  });
});
