import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const addresses: Bad[] = [
  {
    wrong: 'an address with letters in it',
    edits: [['c1da::2 }', 'c1da::zz }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "2001:db8:c1da::zz" is not an IPv6 or IPv4 address; write it as 2001:db8:c1da::2, with a prefix length as in 2001:db8:c1da::2/64 if it is not 64 (IPv4: 24)',
    ],
  },
  {
    wrong: 'an address that is a name',
    edits: [['2001:db8:c1da::2 }', 'vpn1 }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "vpn1" is not an IPv6 or IPv4 address; write it as 2001:db8:c1da::2, with a prefix length as in 2001:db8:c1da::2/64 if it is not 64 (IPv4: 24)',
    ],
  },
  {
    wrong: 'an address with a zone',
    edits: [['2001:db8:c1da::2 }', 'fe80::2%em0 }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "fe80::2%em0" is not an IPv6 or IPv4 address; an address with a zone works on one interface only; write a global one',
    ],
  },
  {
    wrong: 'a link-local address',
    edits: [['2001:db8:c1da::2 }', 'fe80::2 }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "fe80::2" is a link-local address; write an address that only this host has',
    ],
  },
  {
    wrong: 'a multicast address',
    edits: [['2001:db8:c1da::2 }', 'ff02::1 }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "ff02::1" is a multicast address; write an address that only this host has',
    ],
  },
  {
    wrong: 'a loopback address',
    edits: [['address: 2001:db8:6969::1', 'address: "::1"']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "::1" is a loopback address; write an address that only this host has',
    ],
  },
  {
    wrong: 'the unspecified address',
    edits: [['address: 2001:db8:6969::1', 'address: "::"']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "::" is the unspecified address; write an address that only this host has',
    ],
  },
  {
    wrong: 'an IPv4-mapped address',
    edits: [['address: 2001:db8:6969::1', 'address: ::ffff:192.0.2.1']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "::ffff:192.0.2.1" is an IPv4-mapped address; write an address that only this host has',
    ],
  },
  {
    wrong: 'an IPv4 broadcast address',
    edits: [['address: 2001:db8:6969::1', 'address: 255.255.255.255']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "255.255.255.255" is a reserved address; write an address that only this host has',
    ],
  },
  {
    wrong: 'an IPv4 address with leading zeros',
    edits: [['address: 2001:db8:6969::1', 'address: 192.0.2.001']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "192.0.2.001" is not an IPv6 or IPv4 address; write it as 2001:db8:c1da::2 or 192.0.2.25',
    ],
  },
  {
    wrong: 'an address in brackets',
    edits: [['address: 2001:db8:6969::1', 'address: "[2001:db8:6969::1]"']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "[2001:db8:6969::1]" is not an IPv6 or IPv4 address; remove the brackets',
    ],
  },
  {
    wrong: 'a prefix length where none belongs',
    edits: [['2001:db8:6969::1', '2001:db8:6969::1/64']],
    says: [
      'inventory.yaml:22:40: hosts.carinho.lan.address: "2001:db8:6969::1/64" is not an IPv6 or IPv4 address; only a tunnel address has a prefix length; remove it',
    ],
  },
  {
    wrong: 'a prefix length too long',
    edits: [['2001:db8:c1da::2 }', '2001:db8:c1da::2/129 }']],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "2001:db8:c1da::2/129" has an invalid prefix length; write a number from 1 to 128 after the slash',
    ],
  },
  {
    wrong: 'a prefix that does not hold the other end',
    edits: [['2001:db8:c1da::2 }', '2001:db8:c1da::2/128 }']],
    says: [
      `inventory.yaml:21:48: hosts.carinho.tunnel.address: "2001:db8:c1da::1" is not in the prefix of namorar's end of the tunnel, 2001:db8:c1da::2/128; give both ends addresses in the same prefix`,
    ],
  },
  {
    wrong: 'an end of the tunnel outside of its prefix',
    edits: [['2001:db8:c1da::1 }', '2001:db8:beef::1 }']],
    says: [
      `inventory.yaml:21:48: hosts.carinho.tunnel.address: "2001:db8:beef::1" is not in the prefix of namorar's end of the tunnel, 2001:db8:c1da::2/64; give both ends addresses in the same prefix`,
    ],
  },
  {
    wrong: 'ends of the tunnel in two families',
    edits: [['2001:db8:c1da::1 }', '10.1.2.1 }']],
    says: [
      `inventory.yaml:21:48: hosts.carinho.tunnel.address: "10.1.2.1" is IPv4, and namorar's end of the tunnel is IPv6; give both ends addresses in the same prefix`,
    ],
  },
  {
    wrong: 'the network as an end of the tunnel',
    edits: [
      ['2001:db8:c1da::2 }', '10.1.2.0 }'],
      ['2001:db8:c1da::1 }', '10.1.2.1 }'],
    ],
    says: [
      'inventory.yaml:14:48: hosts.namorar.tunnel.address: "10.1.2.0" is the first or last address of 10.1.2.0/24; choose another address, or another prefix length',
    ],
  },
  {
    wrong: 'one address for both ends of the tunnel',
    edits: [['2001:db8:c1da::1 }', '2001:DB8:c1da:0::2 }']],
    says: [
      `inventory.yaml:21:48: hosts.carinho.tunnel.address: "2001:DB8:c1da:0::2" is already namorar's tunnel address; give each its own address, or remove one`,
    ],
  },
  {
    wrong: 'one LAN address for two hosts',
    edits: [['2001:db8:6969::2', '2001:db8:6969:0::1']],
    says: [
      `inventory.yaml:26:40: hosts.mimando.lan.address: "2001:db8:6969:0::1" is already carinho's LAN address; give each its own address, or remove one`,
    ],
  },
  {
    wrong: 'an mx address twice',
    edits: [['mx2.example.com, address: 192.0.2.25', 'mx2.example.com, address: 2001:db8:1234:1234::6969']],
    says: [
      'inventory.yaml:15:106: hosts.namorar.mx[1].address: "2001:db8:1234:1234::6969" is already its mx address; give each its own address, or remove one',
    ],
  },
  {
    wrong: 'an outbound address twice',
    edits: [['192.0.2.25] }', '2001:db8:1234:1234::b17e] }']],
    says: [
      'inventory.yaml:16:79: hosts.namorar.outbound.addresses[1]: "2001:db8:1234:1234::b17e" is already its outbound address; give each its own address, or remove one',
    ],
  },
  {
    wrong: 'a LAN address in the tunnel',
    edits: [['address: 2001:db8:6969::2', 'address: 2001:db8:c1da::77']],
    says: [
      'inventory.yaml:26:40: hosts.mimando.lan.address: "2001:db8:c1da::77" is in the network of the tunnel, 2001:db8:c1da::2/64; only tunnel addresses can be; choose another address here, or a longer prefix length for the tunnel',
    ],
  },
  {
    wrong: 'a LAN in two families',
    edits: [['address: 2001:db8:6969::2', 'address: 192.168.1.2']],
    says: [
      'inventory.yaml:26:40: hosts.mimando.lan.address: "192.168.1.2" is IPv4, and the LAN address of its gateway carinho is IPv6; give both an address of the same family',
    ],
  },
  {
    wrong: 'an endpoint with a port',
    edits: [['endpoint: 192.0.2.25', 'endpoint: 192.0.2.25:6900']],
    says: [
      'inventory.yaml:13:15: hosts.namorar.endpoint: "192.0.2.25:6900" is not an address or a host name; remove the port: it is set by tunnel.port',
    ],
  },
  {
    wrong: 'an endpoint with a backquote',
    edits: [['endpoint: 192.0.2.25', 'endpoint: "`id`"']],
    says: [
      'inventory.yaml:13:15: hosts.namorar.endpoint: "`id`" is not an address or a host name; write the address to which the gateway sends its packets, as in 192.0.2.25, or a name for it',
    ],
  },
  {
    wrong: 'an endpoint in the tunnel',
    edits: [['endpoint: 192.0.2.25', 'endpoint: 2001:db8:c1da::9']],
    says: [
      'inventory.yaml:13:15: hosts.namorar.endpoint: "2001:db8:c1da::9" is in the network of the tunnel, 2001:db8:c1da::2/64; only tunnel addresses can be; choose another address here, or a longer prefix length for the tunnel',
    ],
  },
];

test.each(addresses)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});
