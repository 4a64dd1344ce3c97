import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited } from '../inventories.ts';

const keys: Bad[] = [
  {
    wrong: 'a mistyped key',
    edits: [['queue_ttl', 'queue_tll']],
    says: [
      'inventory.yaml:6:3: mail.queue_tll: unknown key "queue_tll"; did you mean "queue_ttl"? known keys: recipients, credentials, queue_ttl, bounces, maildir, dkim, dmarc, tls',
    ],
  },
  {
    wrong: 'a key in camel case',
    edits: [['queue_ttl', 'queueTtl']],
    says: [
      'inventory.yaml:6:3: mail.queueTtl: unknown key "queueTtl"; did you mean "queue_ttl"? known keys: recipients, credentials, queue_ttl, bounces, maildir, dkim, dmarc, tls',
    ],
  },
  {
    wrong: 'a key that nothing resembles',
    edits: [['queue_ttl: 20d', 'colour: red']],
    says: [
      'inventory.yaml:6:3: mail.colour: unknown key "colour"; known keys: recipients, credentials, queue_ttl, bounces, maildir, dkim, dmarc, tls',
    ],
  },
  {
    wrong: 'a key of another role',
    edits: [['    role: gateway', '    role: gateway\n    endpoint: 192.0.2.9']],
    says: [
      'inventory.yaml:20:5: hosts.carinho.endpoint: unknown key "endpoint"; known keys: role, ssh, tunnel, lan, domains, own_lines, retiring',
    ],
  },
  {
    wrong: 'a mistyped role',
    edits: [['role: gateway', 'role: gatewy']],
    says: [
      'inventory.yaml:19:11: hosts.carinho.role: "gatewy" is not a role; did you mean gateway? write relay, gateway or workstation',
    ],
  },
  {
    wrong: 'no role',
    edits: [['    role: gateway\n', '']],
    says: ['inventory.yaml:18:3: hosts.carinho.role: missing; write relay, gateway or workstation'],
  },
  {
    wrong: 'no domain',
    edits: [['domain: example.com\n', '']],
    says: ['inventory.yaml:1:1: domain: missing; write the part after the @ of your mail addresses, as in example.com'],
  },
  {
    wrong: 'no mail',
    edits: [[/mail:[\s\S]*(?=hosts:)/, '']],
    says: [
      'inventory.yaml:1:1: mail: missing; write a mapping with recipients, credentials, queue_ttl, bounces, maildir, dkim, dmarc, tls',
    ],
  },
  {
    wrong: 'no hosts',
    edits: [[/hosts:[\s\S]*/, '']],
    says: ['inventory.yaml:1:1: hosts: missing; write a mapping, one name to a line'],
  },
  {
    wrong: 'hosts without any',
    edits: [[/hosts:[\s\S]*/, 'hosts: {}\n']],
    says: ['inventory.yaml:9:8: hosts: no hosts; add a relay and a gateway; mailtun init writes a first inventory'],
  },
  {
    wrong: 'hosts as a list',
    edits: [[/hosts:[\s\S]*/, 'hosts: [namorar]\n']],
    says: ['inventory.yaml:9:8: hosts: a list is not a mapping of hosts; write a mapping, one name to a line'],
  },
  {
    wrong: 'a host that is a word',
    edits: [[/ {2}mimando:[\s\S]*/, '  mimando: workstation\n']],
    says: [
      'inventory.yaml:23:12: hosts.mimando: "workstation" is not a host; write a mapping that begins with role: relay, gateway or workstation',
    ],
  },
  {
    wrong: 'an empty host',
    edits: [[/ {2}mimando:[\s\S]*/, '  mimando:\n']],
    says: [
      'inventory.yaml:23:11: hosts.mimando: empty; write a mapping that begins with role: relay, gateway or workstation',
    ],
  },
  {
    wrong: 'no endpoint',
    edits: [['    endpoint: 192.0.2.25\n', '']],
    says: [
      'inventory.yaml:10:3: hosts.namorar.endpoint: missing; write the address to which the gateway sends its packets, as in 192.0.2.25, or a name for it',
    ],
  },
  {
    wrong: 'an empty value',
    edits: [['queue_ttl: 20d', 'queue_ttl:']],
    says: [
      'inventory.yaml:6:13: mail.queue_ttl: empty; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a list for a word',
    edits: [['queue_ttl: 20d', 'queue_ttl: [20d]']],
    says: [
      'inventory.yaml:6:14: mail.queue_ttl: a list is not a duration; write a whole number and one of s, m, h, d, as in 20d, at most 3650d',
    ],
  },
  {
    wrong: 'a number for a word',
    edits: [['test: jay', 'test: 1000']],
    says: [
      'inventory.yaml:4:23: mail.recipients.test: 1000 is not a login, or login@host; write the name of a user on the host that delivers: lower-case letters, digits, hyphens, dots, underscores',
    ],
  },
  {
    wrong: 'mx as one mapping',
    edits: [[/mx: \[(.*?)\].*/, 'mx: { name: mx1.example.com, address: 192.0.2.25 }']],
    says: [
      'inventory.yaml:15:9: hosts.namorar.mx: a mapping is not a list of MX names; write a list with a name and an address in each entry: [{ name: …, address: … }]',
    ],
  },
  {
    wrong: 'no mx at all',
    edits: [[/mx: \[(.*?)\].*/, 'mx: []']],
    says: [
      'inventory.yaml:15:9: hosts.namorar.mx: an empty list; write a list with a name and an address in each entry: [{ name: …, address: … }]',
    ],
  },
];

test.each(keys)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

test('an error in one value causes none in others', () => {
  const changes: [string | RegExp, string][] = [
    ['{ test: jay, postmaster: jay }', '{ test: 1 }'],
    [/ {2}carinho:[\s\S]*?(?= {2}mimando)/, '  carinho: gateway\n'],
  ];
  expect(complaints(edited(article, ...changes))).toEqual([
    'inventory.yaml:4:23: mail.recipients.test: 1 is not a login, or login@host; write the name of a user on the host that delivers: lower-case letters, digits, hyphens, dots, underscores',
    'inventory.yaml:18:12: hosts.carinho: "gateway" is not a host; write a mapping that begins with role: relay, gateway or workstation',
  ]);
});

test('a host with a mistyped role is checked as one of the role that was meant', () => {
  const changes: [string, string][] = [
    ['role: gateway', 'role: gatway'],
    ['address: 2001:db8:c1da::1 }', 'address: vpn0 }'],
  ];
  expect(complaints(edited(article, ...changes)).map(line => line.split(': ')[1])).toEqual([
    'hosts.carinho.role',
    'hosts.carinho.tunnel.address',
  ]);
});

test('an error contains nothing that would control a terminal', () => {
  const hostile = '"a\\e]0;x\\a\\u202e\\n\\u2028"';
  const said = complaints(
    edited(
      article,
      ['  mimando:', `  ${hostile}:`],
      ['jump: carinho', 'jump: carinho, colour: 1'],
      ['domain:', `${hostile}: 1\ndomain:`],
    ),
  );
  expect(said).toHaveLength(3);
  expect(said.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
});
