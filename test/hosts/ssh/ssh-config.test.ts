import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Here } from '../../../src/hosts/ssh/configuration.ts';
import { parseSshConfig } from '../../../src/hosts/ssh/parse-ssh-config.ts';
import { sshConfig, sshOptions } from '../../../src/hosts/ssh/ssh-config.ts';
import { type Desk, openDesk } from './sshd.ts';

const here: Here = {
  home: '/home/jay',
  user: 'jay',
  uid: 1000,
  hostname: 'desk.example.org',
  homeOf: login => (login === 'kim' ? '/home/kim' : null),
  env: { SSH_AUTH_SOCK: '/tmp/agent', OTHER: '/tmp/other', EMPTY: '' },
};
const parse = (...lines: readonly string[]) =>
  parseSshConfig(`hostname namorar.example.com\n${lines.join('\n')}\n`, here, 'vm');

let desk: Desk;
beforeAll(() => {
  desk = openDesk();
});
afterAll(() => desk.clear());

test('settings that ssh does not print have the defaults of ssh', () => {
  expect(parse()).toEqual({
    hostname: 'namorar.example.com',
    port: 22,
    user: 'jay',
    identityFiles: [],
    identitiesOnly: false,
    agentSocket: '/tmp/agent',
    knownHostsFiles: [],
    savesHostKeys: false,
    knownHostsCommand: null,
    asksDns: false,
    trustsLocalhost: false,
    revokedHostKeys: [],
    certificateFiles: [],
    publicKeyAlgorithms: [],
    controlPath: null,
    sessionOptions: [],
    unknownHostKey: 'refuse',
    hostKeyAlias: null,
    proxyJump: [],
    proxyCommand: null,
    proxyPassesSocket: false,
    pkcs11Provider: null,
    connectTimeoutSeconds: null,
    family: 0,
    bindAddress: null,
    hostKeyAlgorithms: [],
  });
});

test.each([
  ['port 2201', { port: 2201 }],
  ['user root', { user: 'root' }],
  ['identitiesonly yes', { identitiesOnly: true }],
  ['addressfamily inet', { family: 4 }],
  ['addressfamily inet6', { family: 6 }],
  ['addressfamily any', { family: 0 }],
  ['connecttimeout 7', { connectTimeoutSeconds: 7 }],
  ['connecttimeout none', { connectTimeoutSeconds: null }],
  ['bindaddress 192.0.2.7', { bindAddress: '192.0.2.7' }],
  ['hostkeyalias carinho', { hostKeyAlias: 'carinho' }],
  ['proxycommand nc -X 5 %h %p', { proxyCommand: 'nc -X 5 %h %p' }],
  ['proxycommand none', { proxyCommand: null }],
  ['stricthostkeychecking ask', { unknownHostKey: 'refuse' }],
  ['stricthostkeychecking true', { unknownHostKey: 'refuse' }],
  ['stricthostkeychecking yes', { unknownHostKey: 'refuse' }],
  ['stricthostkeychecking false', { unknownHostKey: 'accept' }],
  ['stricthostkeychecking off', { unknownHostKey: 'accept' }],
  ['stricthostkeychecking accept-new', { unknownHostKey: 'accept' }],
  ['identityagent none', { agentSocket: null }],
  ['identityagent SSH_AUTH_SOCK', { agentSocket: '/tmp/agent' }],
  ['identityagent $OTHER', { agentSocket: '/tmp/other' }],
  ['identityagent $NOWHERE', { agentSocket: null }],
  ['identityagent ~/agent', { agentSocket: '/home/jay/agent' }],
  ['hostkeyalgorithms ssh-ed25519,rsa-sha2-512', { hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512'] }],
  ['revokedhostkeys ~/revoked', { revokedHostKeys: ['/home/jay/revoked'] }],
  ['revokedhostkeys ~/revoked /etc/ssh/revoked', { revokedHostKeys: ['/home/jay/revoked', '/etc/ssh/revoked'] }],
  ['certificatefile ~/.ssh/%r-cert.pub', { certificateFiles: ['/home/jay/.ssh/jay-cert.pub'] }],
  ['pubkeyacceptedalgorithms ssh-ed25519,rsa-sha2-512', { publicKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512'] }],
  ['controlpath ~/.ssh/%r@%h:%p', { controlPath: '/home/jay/.ssh/jay@namorar.example.com:22' }],
  ['controlpath none', { controlPath: null }],
  [
    'stdinnull yes\nsessiontype none\nforkafterauthentication no',
    { sessionOptions: ['SessionType=default', 'StdinNull=no'] },
  ],
  ['revokedhostkeys none', { revokedHostKeys: [] }],
  [
    'userknownhostsfile ~/a /b\nglobalknownhostsfile none',
    { knownHostsFiles: ['/home/jay/a', '/b'], savesHostKeys: true },
  ],
  [
    'identityfile ~/.ssh/%r@%h-%p\nidentityfile "/a b"',
    { identityFiles: ['/home/jay/.ssh/jay@namorar.example.com-22', '/a b'] },
  ],
  ['identityfile ~kim/x\nidentityfile ~nobody/x', { identityFiles: ['/home/kim/x', '~nobody/x'] }],
  ['identityfile /%n-%k-%i-%l-%L', { identityFiles: ['/vm-vm-1000-desk.example.org-desk'] }],
  ['hostkeyalias a\ncertificatefile /%k', { hostKeyAlias: 'a', certificateFiles: ['/a'] }],
  ['identityfile %d/%u%%\nidentityfile ${OTHER}/x', { identityFiles: ['/home/jay/jay%', '/tmp/other/x'] }],
  ['identityfile none', { identityFiles: [] }],
])('%s', (line, meaning) => {
  expect(parse(line)).toMatchObject(meaning);
});

test.each([
  ['none', []],
  ['carinho', [{ host: 'carinho', port: null, user: null }]],
  ['jay@carinho:2201', [{ host: 'carinho', port: 2201, user: 'jay' }]],
  ['ssh://jay@carinho:2201', [{ host: 'carinho', port: 2201, user: 'jay' }]],
  ['[2001:db8::1]:22', [{ host: '2001:db8::1', port: 22, user: null }]],
  [
    'a,b@c',
    [
      { host: 'a', port: null, user: null },
      { host: 'c', port: null, user: 'b' },
    ],
  ],
])('proxyjump %s', (written, hops) => {
  expect(parse(`proxyjump ${written}`).proxyJump).toEqual(hops.map(hop => ({ ...hop, identityFile: null })));
});

test('the inventory becomes options of ssh', () => {
  const nothing = { host: 'carinho', port: null, user: null, identityFile: null };
  expect(sshOptions(nothing)).toEqual([]);
  expect(sshOptions({ ...nothing, port: 2201, user: 'root', identityFile: '/id' })).toEqual([
    '-p',
    '2201',
    '-l',
    'root',
    '-i',
    '/id',
  ]);
});

test('ssh itself is asked, and the inventory overrides its configuration', async () => {
  writeFileSync(
    desk.path('own'),
    'Host relay\nHostName 192.0.2.9\nPort 99\nUser someone\nProxyJump a,b\nHost *\nIdentityFile ~/k\n',
  );
  const words = { host: 'relay', port: null, user: null, identityFile: null };
  const own = await sshConfig('namorar', words, desk.path('own'));
  expect(own).toMatchObject({ hostname: '192.0.2.9', port: 99, user: 'someone' });
  expect(own.proxyJump.map(({ host }) => host)).toEqual(['a', 'b']);
  const provided = await sshConfig(
    'namorar',
    { ...words, port: 2201, user: 'root', identityFile: desk.identity },
    desk.path('own'),
  );
  expect(provided).toMatchObject({ hostname: '192.0.2.9', port: 2201, user: 'root' });
  expect(provided.identityFiles[0]).toBe(desk.identity);
});

test('a configuration that ssh rejects is reported with its message', async () => {
  writeFileSync(desk.path('broken'), 'Host *\nNoSuchThing yes\n');
  await expect(
    sshConfig('namorar', { host: 'a', port: null, user: null, identityFile: null }, desk.path('broken')),
  ).rejects.toMatchObject({
    name: 'Failure',
    where: 'namorar',
    what: expect.stringMatching(/does not accept its configuration for "a".*NoSuchThing/i),
  });
});

test('a machine without ssh connects as ssh would without configuration', async () => {
  const path = process.env.PATH;
  process.env.PATH = desk.dir;
  try {
    const config = await sshConfig('namorar', { host: 'relay', port: null, user: 'root', identityFile: null });
    expect(config).toMatchObject({ hostname: 'relay', port: 22, user: 'root', unknownHostKey: 'refuse' });
    expect(config.identityFiles.map(file => file.replace(/.*\//, ''))).toContain('id_mldsa44_ed25519');
    expect(config.knownHostsFiles).toContain('/etc/ssh/ssh_known_hosts');
  } finally {
    process.env.PATH = path;
  }
});
