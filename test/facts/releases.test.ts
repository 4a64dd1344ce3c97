/** Every parser reads what 7.6 printed and what 7.8 printed; where the form differs, docs/openbsd.md has a line. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/facts/certificate-text.ts';
import { parseInterfaces, parseWgInterface } from '../../src/facts/ifconfig.ts';
import { parseCertificates } from '../../src/facts/installed-certificates.ts';
import { parseGetent } from '../../src/facts/lookup.ts';
import { parseMaillog } from '../../src/facts/maillog.ts';
import { listensOn, listensOnUdp, parseListeners } from '../../src/facts/netstat.ts';
import { parsePfEnabled } from '../../src/facts/pfctl-status.ts';
import { parsePing } from '../../src/facts/ping.ts';
import { parseTlsSession } from '../../src/facts/s-client.ts';
import { parseSmtpSession } from '../../src/facts/smtp-session.ts';
import { parseQueue } from '../../src/facts/smtpctl-queue.ts';
import { parseRoutes } from '../../src/facts/smtpctl-routes.ts';
import { parseSmtpdStatus } from '../../src/facts/smtpctl-status.ts';
import { isWgKey } from '../../src/facts/wg-key-state.ts';
import { recordedBoth } from '../recordings.ts';

const RELEASES = ['transcripts', 'transcripts-7.8'] as const;

const tunnelOf = (text: string) => {
  const wg = parseWgInterface(text);
  return (
    wg && {
      ...wg,
      publicKey: wg.publicKey && isWgKey(wg.publicKey),
      peers: wg.peers.map(({ publicKey, tx, rx, handshakeAgeSeconds, ...peer }) => ({
        ...peer,
        key: isWgKey(publicKey),
        talks: tx > 0 && rx > 0,
        shaken: (handshakeAgeSeconds ?? -1) >= 0,
      })),
    }
  );
};

const peer = (endpoint: string, allowedIp: string) => ({
  key: true,
  presharedKey: false,
  keepaliveSeconds: 15,
  endpoint,
  talks: true,
  shaken: true,
  allowedIps: [allowedIp],
});

const listening = (text: string) => {
  const listeners = parseListeners(text);
  return {
    tunnel: listensOn(listeners, '2001:db8:c1da::2', 25),
    mx: listensOn(listeners, '2001:db8:1234:1234::6969', 25),
    v4: listensOn(listeners, '192.0.2.25', 25),
    other: listensOn(listeners, '192.0.2.26', 25),
    wg: listensOnUdp(listeners, 6900),
  };
};

/** Module of src/facts, the recording, what is read from it. */
const READ: readonly (readonly [module: string, about: string, read: (text: string) => unknown, expected: unknown])[] =
  [
    [
      'ifconfig',
      'wg0 of the relay, peer has shaken hands',
      tunnelOf,
      {
        name: 'wg0',
        up: true,
        mtu: 1420,
        port: 6900,
        publicKey: true,
        peers: [peer('192.0.2.77 6900', '2001:db8:c1da::1/128')],
        addresses: [{ address: '2001:db8:c1da::2', prefixLength: 64, tentative: false }],
      },
    ],
    [
      'ifconfig',
      'wg0 of the gateway, peer with endpoint',
      text => tunnelOf(text)?.peers,
      [peer('192.0.2.25 6900', '2001:db8:c1da::2/128')],
    ],
    [
      'ifconfig',
      'second peer, several allowed ips, psk, description',
      text => parseWgInterface(text)?.peers.map(one => [one.presharedKey, one.keepaliveSeconds, one.allowedIps.length]),
      [
        [true, 25, 2],
        [false, 0, 1],
      ],
    ],
    [
      'ifconfig',
      'inet6 addresses add up; deleting one that is not there',
      text => parseInterfaces(text).map(one => [one.name, one.groups, one.addresses.length]),
      [['wg5', ['wg'], 1]],
    ],
    ['ping', 'ping6 through the tunnel', parsePing, { received: 2 }],
    ['ping', 'ping6 with no answer', parsePing, { received: 0 }],
    ['ping', 'sending before any endpoint is known', parsePing, { received: 0 }],
    ['ping', 'ping6 of an unknown name', parsePing, null],
    ['netstat', 'listening sockets', listening, { tunnel: true, mx: true, v4: true, other: false, wg: true }],
    ['lookup', 'hosts lookups', parseGetent, ['2001:db8:c1da::1']],
    ['smtpctl-queue', 'smtpctl show queue, empty', parseQueue, []],
    [
      'smtpctl-queue',
      'queue: mail for the far side while the far side is down',
      text =>
        parseQueue(text).map(({ agent, flags, sender, recipient, state, error }) => ({
          agent,
          flags,
          sender,
          recipient,
          state,
          error,
        })),
      [
        {
          agent: 'mta',
          flags: ['auth'],
          sender: 'x@y.example',
          recipient: 'postmaster@example.com',
          state: 'inflight',
          error: '',
        },
      ],
    ],
    ['smtpctl-routes', 'queue: mail for the far side while the far side is down', text => parseRoutes(text).length, 0],
    ['smtpctl-status', 'smtpctl show status', parseSmtpdStatus, { paused: [] }],
    ['smtpctl-status', 'smtpctl: pause, resume', parseSmtpdStatus, { paused: ['MTA'] }],
    ['smtpctl-status', 'smtpctl with smtpd stopped', parseSmtpdStatus, null],
    ['pfctl-status', 'pf state and rules', parsePfEnabled, true],
    [
      'maillog',
      'rcctl restart says ok although smtpd dies at once: a listen address is missing',
      text => parseMaillog(text).map(event => (event.kind === 'exited' ? event.reason : event.kind)),
      ["bind: Can't assign requested address"],
    ],
    ['s-client', 'starttls probe of the relay through the tunnel', text => parseTlsSession(text).connected, false],
    ['certificate-text', 'openssl x509 of something else', readCertificate, null],
    ['installed-certificates', 'openssl x509 of something else', parseCertificates, []],
    ['smtp-session', 'starttls probe of the relay through the tunnel', parseSmtpSession, null],
  ];

/**
 * Not recorded on 7.8: what they read comes from files, from programs that neither release changed, or from mailtun's own
 * scripts.
 */
const NOT_RECORDED = [
  'acme-attempt',
  'address-family',
  'alias-lines',
  'answering',
  'boot',
  'clock',
  'credentials-state',
  'crontab',
  'df',
  'dkim-keys',
  'dkim-record',
  'dmarc-record',
  'files-like',
  'forward-files',
  'forwarding',
  'forwards',
  'fstat',
  'hosts-file',
  'httpd-conf',
  'interfaces',
  'kept-actions',
  'kept-refused',
  'key-state',
  'left-by-run',
  'lines',
  'lookup-order',
  'losses',
  'lost-file',
  'mail-log',
  'mail-name',
  'maildirs',
  'mailer',
  'missing-logins',
  'one-of',
  'own-tunnels',
  'package-state',
  'passwd',
  'pf-anchor-state',
  'pf-conf',
  'pf-rules',
  'probe',
  'probe-outputs',
  'probes',
  'program-there',
  'put-back',
  'queue-form',
  'rc-conf',
  'refusals',
  'release',
  'resolv-conf',
  'routes',
  'secret-value',
  'service-state',
  'shipped-sums',
  'shown-key',
  'smtpd-included',
  'smtp-reasons',
  'smtpd-program',
  'smtpd-queue',
  'spf',
  'tcpdump',
  'test-mail',
  'tls-key',
  'tunnel-probes',
  'user-id',
  'vouched-key-state',
  'waiting-headers',
  'waiting-mail',
  'wg-key-state',
];

describe.each(RELEASES)('as recorded in %s', release => {
  it.each(READ)('%s reads "%s"', (_, about, read, expected) => {
    expect(read(recordedBoth(release, about))).toEqual(expected);
  });
});

it('recordings leave out no parser', () => {
  const modules = readdirSync(new URL('../../src/facts', import.meta.url))
    .map(name => name.replace(/\.ts$/, ''))
    .filter(name => !name.startsWith('smtpd-conf')); // a file of configuration, which no release prints
  expect([...new Set([...READ.map(([module]) => module), ...NOT_RECORDED])].sort()).toEqual(modules.sort());
});
