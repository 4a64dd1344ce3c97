import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const names: Bad[] = [
  {
    wrong: 'a name with an underscore',
    edits: [['vpn1.example.com', 'vpn_1.example.com']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "vpn_1.example.com" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'a name with a semicolon',
    edits: [['vpn1.example.com', '"vpn1.example.com;reboot"']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "vpn1.example.com;reboot" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'a name with a newline',
    edits: [['vpn1.example.com', '"vpn1.example.com\\nmx"']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "vpn1.example.com\\nmx" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'a name with an escape character',
    edits: [['vpn1.example.com', '"\\e[2Jvpn1"']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "\\u001b[2Jvpn1" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'a name with a dot at its end',
    edits: [['vpn1.example.com', 'vpn1.example.com.']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "vpn1.example.com." is not a host name; remove the dot at its end',
    ],
  },
  {
    wrong: 'a name with a label of 64 letters',
    edits: [['vpn1.example.com', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'a name of 254 letters',
    edits: [
      [
        'vpn1.example.com',
        'abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdef',
      ],
    ],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abc…" is not a host name; use letters, digits, hyphens and dots, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'an address where a name belongs',
    edits: [['vpn1.example.com', '192.0.2.77']],
    says: [
      'inventory.yaml:14:21: hosts.namorar.tunnel.name: "192.0.2.77" is not a host name; this is an address; write a name, as in vpn0.example.com',
    ],
  },
  {
    wrong: 'localhost as a name',
    edits: [['name: carinho.lan', 'name: localhost']],
    says: [
      'inventory.yaml:22:18: hosts.carinho.lan.name: "localhost" is not a host name; localhost is the name of every host; choose another name',
    ],
  },
  {
    wrong: 'an mx name without a dot',
    edits: [['mx1.example.com', 'mx1']],
    says: [
      'inventory.yaml:15:18: hosts.namorar.mx[0].name: "mx1" is not a full host name; use letters, digits, hyphens and at least one dot, as in mx1.example.com',
    ],
  },
  {
    wrong: 'one name for both ends of the tunnel',
    edits: [['vpn0.example.com', 'VPN1.example.com']],
    says: [
      `inventory.yaml:21:21: hosts.carinho.tunnel.name: "VPN1.example.com" is already namorar's tunnel name; give each address its own name`,
    ],
  },
  {
    wrong: 'an mx name twice in one family',
    edits: [['mx1.example.com, address: 2001:db8:1234:1234::6969', 'mx2.example.com, address: 192.0.2.26']],
    says: [
      'inventory.yaml:15:66: hosts.namorar.mx[1].name: "mx2.example.com" is already its mx name; give each address its own name',
    ],
  },
  {
    wrong: 'an endpoint that leads into the tunnel',
    edits: [['endpoint: 192.0.2.25', 'endpoint: smtp.example.com']],
    says: [
      `inventory.yaml:13:15: hosts.namorar.endpoint: "smtp.example.com" is namorar's outbound name, which gateways resolve to an address in the tunnel; write an address, or another name`,
    ],
  },
  {
    wrong: 'a host name with a space',
    edits: [['  mimando:', '  my host:']],
    says: [
      'inventory.yaml:23:3: hosts."my host": "my host" is not a name for a host; use letters, digits, dots, hyphens and underscores, a letter or digit first, at most 63, not digits alone',
    ],
  },
  {
    wrong: 'a host name of digits',
    edits: [['  mimando:', '  "42":']],
    says: [
      'inventory.yaml:23:3: hosts.42: "42" is not a name for a host; use letters, digits, dots, hyphens and underscores, a letter or digit first, at most 63, not digits alone',
    ],
  },
  {
    wrong: 'two hosts that differ in capitals',
    edits: [['  mimando:', '  Carinho:']],
    says: [
      'inventory.yaml:23:3: hosts.Carinho: "Carinho" and "carinho" differ only in case or punctuation; give each host its own name',
    ],
  },
];

test.each(names)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

const certificates: Bad[] = [
  {
    wrong: 'a source of certificates that there is not',
    edits: [['certificates: self_signed', 'certificates: letsencrypt']],
    says: [
      'inventory.yaml:17:19: hosts.namorar.certificates: "letsencrypt" is not a source of certificates; write self_signed, { acme: { contact: … } } or { files: { NAME: { cert: …, key: … } } }',
    ],
  },
  {
    wrong: 'a mistyped source of certificates',
    edits: [['certificates: self_signed', 'certificates: { acem: {} }']],
    says: [
      'inventory.yaml:17:21: hosts.namorar.certificates.acem: unknown key "acem"; did you mean "acme"? known keys: acme, files',
    ],
  },
  {
    wrong: 'two sources of certificates',
    edits: [['certificates: self_signed', 'certificates: { acme: {}, files: {} }']],
    says: [
      'inventory.yaml:17:19: hosts.namorar.certificates: a mapping is not a source of certificates; write self_signed, { acme: { contact: … } } or { files: { NAME: { cert: …, key: … } } }',
    ],
  },
  {
    wrong: 'no files',
    edits: [['certificates: self_signed', 'certificates: { files: {} }']],
    says: [
      'inventory.yaml:17:28: hosts.namorar.certificates.files: no files; name a certificate and a key for each name',
    ],
  },
  {
    wrong: 'a certificate without its key',
    edits: [['certificates: self_signed', 'certificates: { files: { mx1.example.com: { cert: mx1.pem } } }']],
    says: [
      `inventory.yaml:17:30: hosts.namorar.certificates.files.mx1.example.com.key: missing; write a path on this machine, absolute, relative to the directory of the inventory, or beginning with ~/`,
    ],
  },
  {
    wrong: 'a certificate for a name that there is not',
    edits: [['certificates: self_signed', 'certificates: { files: { mx3.example.com: { cert: a.pem, key: a.key } } }']],
    says: [
      'inventory.yaml:17:30: hosts.namorar.certificates.files.mx3.example.com: "mx3.example.com" is not an mx or outbound name of namorar; did you mean "mx1.example.com"?',
    ],
  },
  {
    wrong: 'an ACME contact that is no address',
    edits: [['certificates: self_signed', 'certificates: { acme: { contact: hostmaster } }']],
    says: [
      'inventory.yaml:17:38: hosts.namorar.certificates.acme.contact: "hostmaster" is not a mail address; write it as hostmaster@example.com',
    ],
  },
  {
    wrong: 'an ACME directory without TLS',
    edits: [['certificates: self_signed', 'certificates: { acme: { directory_url: "http://ca.example/dir" } }']],
    says: [
      'inventory.yaml:17:44: hosts.namorar.certificates.acme.directory_url: "http://ca.example/dir" is not the https URL of an ACME directory; write it as https://acme-v02.api.letsencrypt.org/directory',
    ],
  },
];

test.each(certificates)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});
