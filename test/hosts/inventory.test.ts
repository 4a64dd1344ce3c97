import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Fleet, gatewaysOf, relaysOf } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { article, complaints, edited } from './inventories.ts';

const read = (text: string): Fleet => readInventory('inventory.yaml', text);
const plainSsh = { port: null, user: null, identityFile: null, jump: null, become: null, hostKey: null };

const articleFleet: Fleet = {
  path: 'inventory.yaml',
  domains: ['example.com'],
  tunnel: { interface: 'wg0', port: 6900, keepaliveSeconds: 15, presharedKey: false, mtu: null },
  mail: {
    recipients: [
      { local: 'test', domain: null, login: 'jay', host: 'mimando' },
      { local: 'postmaster', domain: null, login: 'jay', host: 'mimando' },
    ],
    credentials: { user: 'mailuser', password: null },
    queueTtl: '20d',
    bounces: { mode: 'drop', warnIntervals: [] },
    maildir: 'maildir/in',
    tls: true,
    dkim: null,
    dmarc: null,
  },
  packetFilter: { enabled: true, fixedSourcePort: false, mx: true, pass: [] },
  hosts: [
    {
      role: 'relay',
      retiring: false,
      name: 'namorar',
      ssh: { kind: 'ssh', host: 'namorar.example.com', ...plainSsh },
      ownLines: false,
      endpoint: '192.0.2.25',
      tunnel: { name: 'vpn1.example.com', address: '2001:db8:c1da::2', prefixLength: 64 },
      mx: [
        { name: 'mx1.example.com', address: '2001:db8:1234:1234::6969' },
        { name: 'mx2.example.com', address: '192.0.2.25' },
      ],
      outbound: { name: 'smtp.example.com', addresses: ['2001:db8:1234:1234::b17e', '192.0.2.25'] },
      certificates: { kind: 'self_signed' },
      tlsa: false,
      filters: { rdns: null, fcrdns: null, lists: [], programs: [], outbound: [] },
    },
    {
      role: 'gateway',
      retiring: false,
      name: 'carinho',
      ssh: { kind: 'ssh', host: 'carinho.lan', ...plainSsh },
      ownLines: false,
      tunnel: { name: 'vpn0.example.com', address: '2001:db8:c1da::1', prefixLength: 64 },
      lan: { name: 'carinho.lan', address: '2001:db8:6969::1' },
      domains: ['example.com'],
    },
    {
      role: 'workstation',
      retiring: false,
      name: 'mimando',
      ssh: { kind: 'ssh', host: 'mimando.lan', ...plainSsh, jump: 'carinho' },
      ownLines: false,
      lan: { name: 'mimando.lan', address: '2001:db8:6969::2' },
      gateway: 'carinho',
    },
  ],
};

describe('what an inventory means', () => {
  test('the common set-up has every default filled in', () => {
    expect(read(article)).toEqual(articleFleet);
  });

  test('the documented example means that set-up', () => {
    expect({ ...read(readFileSync('inventory/example.yaml', 'utf8')) }).toEqual(articleFleet);
  });

  test('omitted keys have the defaults that the example shows', () => {
    const bare = edited(
      article,
      [/tunnel: \{ interface.*\n/, ''],
      [/ {2}credentials[\s\S]*?(?=hosts:)/, ''],
      ['    certificates: self_signed\n', ''],
    );
    expect(read(bare)).toEqual(articleFleet);
  });

  test('a gateway without a workstation delivers, and needs no LAN', () => {
    const fleet = read(readFileSync('inventory/single-machine.yaml', 'utf8'));
    expect(fleet.mail.recipients.map(({ host }) => host)).toEqual(['carinho', 'carinho']);
    expect(gatewaysOf(fleet)[0]).toMatchObject({ lan: null, domains: ['example.com'] });
  });

  test('a byte order mark and CRLF line ends make no difference', () => {
    expect(read(`\ufeff${article.replaceAll('\n', '\r\n')}`)).toEqual(articleFleet);
    expect(complaints(`\ufeffdomian: x\r\n${article}`.replaceAll('\n', '\r\n'))[0]).toMatch(/^inventory.yaml:1:1: /);
  });

  test('names and addresses have one form, however they are written', () => {
    const shouting = edited(
      article,
      ['vpn0.example.com', 'VPN0.Example.COM'],
      ['2001:db8:c1da::1 ', '2001:0DB8:C1DA:0:0:0:0:1/64 '],
      ['domain: example.com', 'domain: Example.Com'],
      ['test: jay', 'TEST: jay'],
    );
    expect(read(shouting)).toEqual(articleFleet);
  });

  test('a tunnel address may have a prefix length; that of IPv4 is 24 by default', () => {
    const narrow = edited(
      article,
      ['2001:db8:c1da::2 }', '2001:db8:c1da::2/112 }'],
      ['2001:db8:c1da::1 }', '10.1.2.3/31 }'],
      ['2001:db8:c1da::2/112', '10.1.2.2'],
    );
    const fleet = read(narrow);
    expect([...relaysOf(fleet), ...gatewaysOf(fleet)].map(({ tunnel }) => tunnel.prefixLength)).toEqual([24, 31]);
    expect(relaysOf(read(edited(article, ['c1da::2 }', 'c1da::2/112 }'])))[0]?.tunnel.prefixLength).toBe(112);
  });

  test('on, off, yes and no mean what they mean in YAML 1.1', () => {
    const fleet = read(
      edited(
        article,
        ['preshared_key: false', 'preshared_key: on'],
        ['  queue_ttl', '  tls: off\n  queue_ttl'],
        ['mail:\n', 'packet_filter: no\nmail:\n'],
      ),
    );
    expect(fleet.tunnel.presharedKey).toBe(true);
    expect(fleet.mail.tls).toBe(false);
    expect(fleet.packetFilter).toEqual({ enabled: false, fixedSourcePort: false, mx: true, pass: [] });
  });

  test('a packet filter with settings is on', () => {
    const fleet = read(edited(article, ['mail:\n', 'packet_filter: { fixed_source_port: true }\nmail:\n']));
    expect(fleet.packetFilter).toEqual({ enabled: true, fixedSourcePort: true, mx: true, pass: [] });
  });

  test('bounces that are sent warn after four hours by default', () => {
    const bounces = (text: string) => read(edited(article, ['bounces: drop', `bounces: ${text}`])).mail.bounces;
    expect(bounces('send')).toEqual({ mode: 'send', warnIntervals: ['4h'] });
    expect(bounces('{ mode: send }')).toEqual({ mode: 'send', warnIntervals: ['4h'] });
    expect(bounces('{ mode: send, warn_intervals: [1h, 2d] }')).toEqual({ mode: 'send', warnIntervals: ['1h', '2d'] });
    expect(bounces('{ mode: drop }')).toEqual({ mode: 'drop', warnIntervals: [] });
  });

  test('a password comes from the environment, a file next to the inventory or at home, or a command', () => {
    const password = (text: string) =>
      readInventory('/etc/mailtun/inventory.yaml', edited(article, ['user: mailuser', `password: ${text}`])).mail
        .credentials.password;
    expect(password('{ env: MAIL_PASSWORD }')).toEqual({ kind: 'env', name: 'MAIL_PASSWORD' });
    expect(password('{ file: password.txt }')).toEqual({ kind: 'file', path: '/etc/mailtun/password.txt' });
    expect(password('{ file: ~/.password }')).toEqual({ kind: 'file', path: join(homedir(), '.password') });
    expect(password('{ file: /run/password }')).toEqual({ kind: 'file', path: '/run/password' });
    expect(password('{ command: [pass, show, mail] }')).toEqual({ kind: 'command', words: ['pass', 'show', 'mail'] });
  });

  test('certificates come from an authority or from files', () => {
    const certificates = (text: string) =>
      relaysOf(read(edited(article, ['certificates: self_signed', `certificates: ${text}`])))[0]?.certificates;
    const directoryUrl = 'https://acme-v02.api.letsencrypt.org/directory';
    expect(certificates('{ acme: {} }')).toEqual({ kind: 'acme', contact: null, directoryUrl });
    expect(certificates('{ acme: { contact: ana@example.com } }')).toEqual({
      kind: 'acme',
      contact: 'mailto:ana@example.com',
      directoryUrl,
    });
    expect(
      certificates('{ acme: { contact: mailto:ana@example.com, directory_url: "https://ca.lan:14000/dir" } }'),
    ).toEqual({ kind: 'acme', contact: 'mailto:ana@example.com', directoryUrl: 'https://ca.lan:14000/dir' });
    expect(certificates('{ files: { MX1.example.com: { cert: certs/mx1.pem, key: /root/mx1.key } } }')).toEqual({
      kind: 'files',
      files: { 'mx1.example.com': { cert: 'certs/mx1.pem', key: '/root/mx1.key' } },
    });
  });

  test('ssh may be what ssh(1) accepts, local, or a mapping', () => {
    const ssh = (text: string) =>
      gatewaysOf(
        read(
          edited(
            article,
            ['ssh: carinho.lan', `ssh: ${text}`],
            ['{ host: mimando.lan, jump: carinho }', 'mimando.lan'],
          ),
        ),
      )[0]?.ssh;
    expect(ssh('local')).toEqual({ kind: 'local', become: null });
    expect(ssh('{ host: local, become: doas }')).toEqual({ kind: 'local', become: 'doas' });
    expect(ssh('home_1')).toEqual({ kind: 'ssh', host: 'home_1', ...plainSsh });
    expect(ssh('2001:db8::1')).toEqual({ kind: 'ssh', host: '2001:db8::1', ...plainSsh });
    expect(ssh('ana@carinho.lan')).toEqual({ kind: 'ssh', host: 'carinho.lan', ...plainSsh, user: 'ana' });
    expect(ssh('ssh://ana@[2001:db8::1]:2222')).toEqual({
      kind: 'ssh',
      host: '2001:db8::1',
      ...plainSsh,
      user: 'ana',
      port: 2222,
    });
    const hostKey = `SHA256:${'a'.repeat(43)}`;
    expect(
      ssh(
        `{ host: carinho, port: 2222, user: ana, identity_file: ~/.ssh/id, jump: namorar, become: doas, host_key: "${hostKey}" }`,
      ),
    ).toEqual({
      kind: 'ssh',
      host: 'carinho',
      port: 2222,
      user: 'ana',
      identityFile: join(homedir(), '.ssh/id'),
      jump: 'namorar',
      become: 'doas',
      hostKey,
    });
  });

  test('a relay may receive mail under one name in both families, and send under it', () => {
    const fleet = read(
      edited(article, ['mx2.example.com', 'mx1.example.com'], ['smtp.example.com', 'mx1.example.com']),
    );
    expect(relaysOf(fleet)[0]?.mx.map(({ name }) => name)).toEqual(['mx1.example.com', 'mx1.example.com']);
  });

  test('anchors, aliases and merge keys are read, and errors in them have the place where they are written', () => {
    const shared = edited(
      article,
      ['ssh: carinho.lan', 'ssh: { <<: &ssh { port: 2222, user: ana }, host: carinho.lan, port: 22 }'],
      ['ssh: { host: mimando.lan, jump: carinho }', 'ssh:\n      <<: *ssh\n      host: mimando.lan'],
    );
    expect(
      read(shared)
        .hosts.slice(1)
        .map(({ ssh }) => ssh),
    ).toMatchObject([
      { port: 22, user: 'ana' },
      { port: 2222, user: 'ana' },
    ]);
    expect(complaints(edited(shared, ['port: 2222', 'port: 70000']))).toEqual([
      'inventory.yaml:20:29: hosts.mimando.ssh.port: 70000 is not a port; write a whole number from 1 to 65535',
    ]);
  });
});

test('all errors are reported together, in the order of the lines', () => {
  const wrong = edited(
    article,
    ['port: 6900', 'prot: 6900'],
    ['postmaster: jay', 'postmaster: root'],
    ['c1da::1 }', 'c1da::zz }'],
    ['address: 2001:db8:6969::2', 'address: 192.0.2.25'],
    ['maildir/in', '/in'],
  );
  expect(complaints(wrong).map(line => line.split(': ').slice(0, 2).join(' '))).toEqual([
    'inventory.yaml:2:27 tunnel.prot',
    'inventory.yaml:4:40 mail.recipients.postmaster',
    'inventory.yaml:8:12 mail.maildir',
    'inventory.yaml:21:48 hosts.carinho.tunnel.address',
    'inventory.yaml:26:40 hosts.mimando.lan.address',
    'inventory.yaml:26:40 hosts.mimando.lan.address',
  ]);
});
