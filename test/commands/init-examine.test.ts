import { expect, test } from 'vitest';
import { examinedFrom } from '../../src/commands/init-examine.ts';

/** As ifconfig(8) prints it; addresses that come and go have such words behind them. */
const ifconfig = `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 32768
\tgroups: lo
\tinet 127.0.0.1 netmask 0xff000000
\tinet6 ::1 prefixlen 128
vio0: flags=808843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,AUTOCONF4> mtu 1500
\tlladdr 52:54:00:12:34:56
\tgroups: egress
\tinet 192.0.2.77 netmask 0xffffff00 broadcast 192.0.2.255
\tinet6 fe80::1%vio0 prefixlen 64 scopeid 0x1
\tinet6 2001:db8::7 prefixlen 64 autoconf pltime 604800 vltime 2592000
\tinet6 2001:db8::abcd prefixlen 64 deprecated autoconf temporary pltime 0 vltime 100
\tinet6 2001:db8::beef prefixlen 64 tentative
vio1: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\tinet6 2001:db8:6969::1 prefixlen 64
wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1420
\tgroups: wg
\tinet6 2001:db8:c1da::1 prefixlen 64
`;
const users =
  'root:0:/bin/ksh\n_smtpd:95:/sbin/nologin\njay:1000:/bin/ksh\nOld:1001:/bin/ksh\ngit:1002:/sbin/nologin\nnobody:32767:/sbin/nologin\n';

test('an examination finds the addresses outside, inside and in the tunnel, and the users with a login shell', () => {
  expect(examinedFrom('home', ['OpenBSD 7.6\n', 'Carinho.lan\n', ifconfig, users])).toEqual({
    release: '7.6',
    hostname: 'carinho.lan',
    outside: [
      { address: '192.0.2.77', prefixLength: 24 },
      { address: '2001:db8::7', prefixLength: 64 },
    ],
    inside: [{ address: '2001:db8:6969::1', prefixLength: 64 }],
    tunnel: '2001:db8:c1da::1',
    logins: ['jay'],
  });
});

test('no answer of a host can escape from its place in an inventory', () => {
  const nasty = examinedFrom('home', [
    'OpenBSD 7.6',
    'a b: {\n',
    'em0: flags=0<> mtu 1\n\tinet6 x"y prefixlen 64\n',
    '"}:1000:/bin/sh\n',
  ]);
  expect(nasty).toEqual({ release: '7.6', hostname: null, outside: [], inside: [], tunnel: null, logins: [] });
});

test.each(['Linux 6.1.0', '', 'OpenBSD 7.6; reboot'])('a host that answers %j does not run OpenBSD', system => {
  expect(() => examinedFrom('home', [system, '', '', ''])).toThrow('home: it does not run OpenBSD');
});
