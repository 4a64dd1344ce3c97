import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../src/facts/certificate-text.ts';
import { parseDf } from '../../src/facts/df.ts';
import { parseAddresses, parseInterfaces, parseWgInterface, parseWgInterfaces } from '../../src/facts/ifconfig.ts';
import { parseGetent, parseHost } from '../../src/facts/lookup.ts';
import { listensOn, listensOnUdp, parseListeners } from '../../src/facts/netstat.ts';
import { parsePing } from '../../src/facts/ping.ts';
import { parseTlsSession } from '../../src/facts/s-client.ts';
import { parseWire } from '../../src/facts/tcpdump.ts';
import { recorded } from '../recordings.ts';

describe('ping6', () => {
  it('counts answers', () => {
    expect(parsePing(recorded('transcripts', 'ping6 through the tunnel'))).toEqual({ received: 2 });
    expect(parsePing(recorded('transcripts', 'ping6 with no answer'))).toEqual({ received: 0 });
  });
  it('counts none for a host that cannot send', () => {
    const said =
      'ping6: sendmsg: Destination address required\n1 packets transmitted, 0 packets received, 100.0% packet loss';
    expect(parsePing(said)).toEqual({ received: 0 });
  });
  it('says nothing if it did not run', () => {
    expect(parsePing('ping6: no address associated with name')).toBeNull();
  });
});

describe('netstat', () => {
  const listeners = parseListeners(recorded('transcripts', 'listening sockets'));
  it('shows who listens, with long addresses cut', () => {
    expect(listensOn(listeners, '2001:db8:c1da::2', 25)).toBe(true);
    expect(listensOn(listeners, '2001:db8:1234:1234::6969', 25)).toBe(true);
    expect(listensOn(listeners, '192.0.2.25', 25)).toBe(true);
    expect(listensOn(listeners, '192.0.2.26', 25)).toBe(false);
    expect(listensOn(listeners, '2001:db8:c1da::1', 25)).toBe(false);
    expect(listensOn(listeners, '2001:db8:c1da::2', 26)).toBe(false);
  });
  it('is cut at 16 characters, so an address of 15 is complete', () => {
    const line = (address: string) =>
      `tcp6         0      0  ${`${address}.25`.padEnd(23)}*.*                    LISTEN`;
    const whole = parseListeners(line('2001:db8:ab::10'));
    expect(listensOn(whole, '2001:db8:ab::10', 25)).toBe(true);
    expect(listensOn(whole, '2001:db8:ab::100', 25)).toBe(false);
    expect(listensOn(parseListeners(line('2001:db8:abc::10')), '2001:db8:abc::100', 25)).toBe(true);
  });
  it('also shows the sockets of other families', () => {
    const unix = [
      'Active UNIX domain sockets (only servers)',
      'Address                   Type   Recv-Q Send-Q              Inode               Conn',
      '0xfffffd8012345678 stream      0      0 0xfffffd8087654321                0x0 /var/run/smtpd.sock',
    ];
    expect(parseListeners(`${recorded('transcripts', 'listening sockets')}${unix.join('\n')}\n`)).toEqual(listeners);
  });
  it('shows every address for a port that is open on all', () => {
    expect(listensOn(listeners, '2001:db8::1', 22)).toBe(true);
    expect(listensOnUdp(listeners, 6900)).toBe(true);
    expect(listensOnUdp(listeners, 6901)).toBe(false);
  });
});

describe('ifconfig', () => {
  it('shows the addresses of all interfaces, and which are tentative', () => {
    const text = recorded('transcripts', 'inet6 addresses add up; deleting one that is not there');
    expect(parseAddresses(text)).toEqual([
      { address: '2001:db8:5::1', prefixLength: 64, tentative: false },
      { address: '2001:db8:5::2', prefixLength: 128, tentative: true },
    ]);
  });
  it('distinguishes the interfaces of wg(4) from others', () => {
    const [wg1, wg10] = ['wg1: flags=80c3<UP> mtu 1420\n\twgport 1\n', 'wg10: flags=80c3<UP> mtu 1420\n\twgport 10\n'];
    const all = `lo0: flags=8049<UP> mtu 32768\n\tinet 127.0.0.1 netmask 0xff000000\n${wg10}${wg1}`;
    expect(parseWgInterfaces(all)).toEqual([wg10, wg1].map(parseWgInterface));
    expect(
      parseWgInterfaces(`${all}vio0: flags=8843<UP> mtu 1500\n\tinet 192.0.2.1 netmask 0xffffff00\n`)[1]?.addresses,
    ).toEqual([]);
  });
  it.each([
    '408082<BROADCAST,NOARP,MULTICAST,INET6_NOSOII>',
    '4480c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST,AUTOCONF6,some-Flag.To+Come>',
    '8082<>',
  ])('reads an interface whatever flags it has: %s', flags => {
    const text = recorded('transcripts', 'wg0 of the relay, peer has shaken hands').replace(
      /flags=\S+/,
      `flags=${flags}`,
    );
    expect(parseWgInterface(text)).toMatchObject({ name: 'wg0', up: flags.includes('UP'), port: 6900 });
    expect(parseWgInterface(text.replace(' mtu ', ' rdomain 4 mtu '))).toMatchObject({ name: 'wg0', mtu: 1420 });
  });
  it('shows an address without a length as that of a single host', () => {
    expect(parseAddresses('\tinet 10.0.0.1 --> 10.0.0.2\n\tinet6 fe80::1%pppoe0 --> fe80::2%pppoe0')).toEqual([
      { address: '10.0.0.1', prefixLength: 32, tentative: false },
      { address: 'fe80::1%pppoe0', prefixLength: 128, tentative: false },
    ]);
  });
  it('shows the routing domain of addresses that are not in the first one', () => {
    const text =
      'vio0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n\tinet 192.0.2.25 netmask 0xffffff00\n' +
      'vlan5: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> rdomain 5 mtu 1500\n\tinet 10.0.0.1 netmask 0xff000000\n';
    expect(parseAddresses(text).map(one => [one.address, one.routingDomain])).toEqual([
      ['192.0.2.25', undefined],
      ['10.0.0.1', 5],
    ]);
  });

  // As ifconfig.c prints them (status(), carp_status(), getvlan(), trunk_status(), pppoe_status(), in_status()).
  it('shows interfaces that are not of a network card with their addresses', () => {
    const text = [
      'vlan0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500',
      '\tlladdr 52:54:00:00:00:01',
      '\tindex 7 priority 0 llprio 3',
      '\tencap: vnetid 100 parent vio0 txprio packet rxprio outer',
      '\tgroups: vlan',
      '\tinet 192.0.2.9 netmask 0xffffff00 broadcast 192.0.2.255',
      'carp0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500',
      '\tcarp: MASTER carpdev vio0 vhid 1 advbase 1 advskew 0',
      '\tgroups: carp',
      '\tinet6 2001:db8::9 prefixlen 64',
      'pppoe0: flags=8851<UP,POINTOPOINT,RUNNING,SIMPLEX,MULTICAST> mtu 1492',
      '\tdev: em0 state: session',
      '\tgroups: pppoe egress',
      '\tinet 203.0.113.7 --> 203.0.113.1 netmask 0xffffffff',
      '\tinet6 fe80::1%pppoe0 -> prefixlen 64 scopeid 0x9',
    ].join('\n');
    expect(
      parseInterfaces(text).map(one => [one.name, one.groups.at(-1), one.addresses.map(at => at.address)]),
    ).toEqual([
      ['vlan0', 'vlan', ['192.0.2.9']],
      ['carp0', 'carp', ['2001:db8::9']],
      ['pppoe0', 'egress', ['203.0.113.7', 'fe80::1%pppoe0']],
    ]);
  });

  it('shows no peers without root', () => {
    expect(parseWgInterface(recorded('transcripts', 'wg0 as an unprivileged user'))).toMatchObject({
      peers: [],
      publicKey: null,
    });
  });
});

describe('openssl s_client', () => {
  it('is judged by its verification line', () => {
    expect(parseTlsSession(recorded('faults', 'openssl s_client with an IPv6 literal')).verify).toEqual({
      code: 0,
      text: 'ok',
    });
  });
  it('has the alert of the far side', () => {
    expect(parseTlsSession('error:1404C45C:SSL routines:ST_OK:tlsv13 alert certificate required').alert).toBe(
      'certificate required',
    );
  });
  it('has the certificate, wherever a line of its error stream comes between', () => {
    const lines = (rootCertificates[0] ?? '').trim().split('\n');
    const broken = lines.map((_, index) => [...lines.slice(0, index), '250 HELP\r', ...lines.slice(index)].join('\n'));
    const read = broken.map(text => parseTlsSession(`${text}\n`).certificate?.fingerprint);
    expect(new Set(read)).toEqual(new Set([readCertificate(lines.join('\n'))?.fingerprint ?? 'read']));
  });
  it('has the reason why there is no connection', () => {
    expect(parseTlsSession('connect: Connection refused\nconnect:errno=61')).toMatchObject({
      connected: false,
      complaint: 'Connection refused',
    });
  });
});

describe('tcpdump of the outer packets', () => {
  it('shows an unanswered initiation', () => {
    expect(parseWire(recorded('faults', 'fault: UDP 6900 dropped on the way: the wire'), '192.0.2.25')).toEqual({
      sent: 1,
      received: 0,
      refusal: null,
    });
  });
  it('shows that one was refused', () => {
    expect(parseWire(recorded('faults', 'fault: UDP 6900 refused by the relay: the wire'), '192.0.2.25')).toMatchObject(
      { refusal: '192.0.2.25 udp port 6900 unreachable' },
    );
  });
  it('shows nothing if there was no packet', () => {
    expect(parseWire('', '192.0.2.25')).toBeNull();
    const ran = 'tcpdump: listening on vio1, link-type EN10MB\n';
    expect(parseWire(ran, '192.0.2.25')).toEqual({ sent: 0, received: 0, refusal: null });
  });
});

describe('lookups', () => {
  it('of a name in hosts(5) have its address', () => {
    expect(parseGetent(recorded('transcripts', 'hosts lookups'))).toEqual(['2001:db8:c1da::1']);
  });
  it.each([
    ['example.com mail is handled by 10 mx1.example.com.', { kind: 'records', values: ['mx1.example.com'] }],
    ['mx1.example.com has IPv6 address 2001:db8::1', { kind: 'records', values: ['2001:db8::1'] }],
    [
      'example.com descriptive text "v=spf1 ip4:192.0.2.25 " "-all"',
      { kind: 'records', values: ['v=spf1 ip4:192.0.2.25 -all'] },
    ],
    [
      's1._domainkey.example.com descriptive text "v=DKIM1; k=rsa; n=say \\"hi\\"; p=MII" "BIj\\195"',
      { kind: 'records', values: ['v=DKIM1; k=rsa; n=say "hi"; p=MIIBIjÃ'] },
    ],
    [
      '_25._tcp.mx1.example.com has TLSA record 3 1 1 8CB0FC6C527506A053F4F14C8464BEBBD6DEDE2738D11468DD953D7D 6A3021F1',
      {
        kind: 'records',
        values: ['3 1 1 8cb0fc6c527506a053f4f14c8464bebbd6dede2738d11468dd953d7d6a3021f1'],
      },
    ],
    ['example.com has no MX record', { kind: 'none', text: 'example.com has no MX record' }],
    [
      'Host nosuch.invalid not found: 3(NXDOMAIN)',
      { kind: 'none', text: 'Host nosuch.invalid not found: 3(NXDOMAIN)' },
    ],
    ['Host example.com not found: 5(REFUSED)', { kind: 'unknown', text: 'Host example.com not found: 5(REFUSED)' }],
    [
      ';; connection timed out; no servers could be reached',
      { kind: 'unknown', text: 'connection timed out; no servers could be reached' },
    ],
    ['', { kind: 'unknown', text: 'no answer' }],
  ])('in DNS have: %s', (text, expected) => {
    expect(parseHost(text)).toEqual(expected);
  });
});

describe('df', () => {
  it('counts each file system once', () => {
    const line = '/dev/sd0a     4194304      1292   4193012      1%   /\n';
    expect(parseDf(`Filesystem  1K-blocks      Used     Avail Capacity  Mounted on\n${line}${line}`)).toEqual([
      { mount: '/', availableKilobytes: 4193012, usedPercent: 1, usedInodesPercent: null },
    ]);
  });
  it('counts inodes if a file system has some', () => {
    const text = `Filesystem  1K-blocks      Used     Avail Capacity iused   ifree  %iused  Mounted on
/dev/sd0e     1031448     12452    967424     1%     603  155043     0%   /var
/dev/sd0h     1031448     12452    967424     1%  155000     646   100%   /home of all
nfs:/a b      1031448     12452    967424     1%       0       0   100%   /nfs
nfs:/ab       1031448     12452    967424     1%       0       0   100%   /nfs
`;
    expect(parseDf(text).map(one => [one.mount, one.usedInodesPercent])).toEqual([
      ['/var', 0],
      ['/home of all', 100],
      ['/nfs', null],
    ]);
  });
});

describe('a certificate', () => {
  it('that cannot be parsed is null', () => {
    expect(readCertificate('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----')).toBeNull();
    expect(readCertificate('')).toBeNull();
  });
});
