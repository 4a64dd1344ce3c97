import { expect, test } from 'vitest';
import { article, type Bad, complaints, edited, many } from '../inventories.ts';

const roles: Bad[] = [
  {
    wrong: 'no relay',
    edits: [[/ {2}namorar:[\s\S]*?(?= {2}carinho)/, '']],
    says: ['inventory.yaml:10:3: hosts.carinho: a gateway without a relay; add a host with role: relay'],
  },
  {
    wrong: 'no gateway',
    edits: [
      [/ {2}carinho:[\s\S]*?(?= {2}mimando)/, ''],
      [', jump: carinho', ''],
    ],
    says: [
      'inventory.yaml:10:3: hosts.namorar: a relay without a gateway; add a host with role: gateway',
      'inventory.yaml:18:3: hosts.mimando: a workstation without a gateway; add a host with role: gateway',
    ],
  },
  {
    wrong: 'a gateway without a LAN for its workstation',
    edits: [['    lan: { name: carinho.lan, address: 2001:db8:6969::1 }\n', '']],
    says: [
      'inventory.yaml:18:3: hosts.carinho.lan: missing, and mimando is its workstation; write lan: { name: …, address: … }, where mimando reaches carinho',
    ],
  },
  {
    wrong: 'a workstation of a gateway that there is not',
    edits: [['    role: workstation', '    role: workstation\n    gateway: carinha']],
    says: [
      'inventory.yaml:25:14: hosts.mimando.gateway: "carinha" is not a host of this inventory; did you mean "carinho"?',
    ],
  },
  {
    wrong: 'a workstation of a relay',
    edits: [['    role: workstation', '    role: workstation\n    gateway: namorar']],
    says: ['inventory.yaml:25:14: hosts.mimando.gateway: "namorar" is a relay, not a gateway; write carinho'],
  },
  {
    wrong: 'a domain that the only gateway does not take',
    edits: [
      ['domain: example.com', 'domain: [example.com, example.org]'],
      ['    role: gateway', '    role: gateway\n    domains: example.com'],
    ],
    says: [
      'inventory.yaml:1:23: domain[1]: no gateway receives mail for "example.org"; add it to the domains of carinho',
    ],
  },
  {
    wrong: 'a gateway with a domain that there is not',
    edits: [['    role: gateway', '    role: gateway\n    domains: [example.com, exmaple.com]']],
    says: [
      'inventory.yaml:20:28: hosts.carinho.domains[1]: "exmaple.com" is not a domain of this inventory; did you mean "example.com"?',
    ],
  },
];

test.each(roles)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(article, ...edits))).toEqual(says);
});

const several: Bad[] = [
  {
    wrong: 'a workstation without a gateway among several',
    edits: [['    ssh: desk.lan\n    gateway: carinho\n', '    ssh: desk.lan\n']],
    says: [
      'inventory.yaml:35:3: hosts.desk.gateway: missing, and there are several gateways; write gateway: carinho or casa',
    ],
  },
  {
    wrong: 'a gateway without domains among several',
    edits: [['    domains: [example.org]\n', '']],
    says: [
      'inventory.yaml:25:3: hosts.casa.domains: missing, and there are several gateways; write the domains whose mail goes to casa, of example.com or example.org',
    ],
  },
  {
    wrong: 'a domain at two gateways',
    edits: [['domains: [example.org]', 'domains: [example.org, example.com]']],
    says: [
      'inventory.yaml:28:28: hosts.casa.domains[1]: "example.com" already goes to carinho; give each domain one gateway',
    ],
  },
  {
    wrong: 'a domain at no gateway',
    edits: [['domain: [example.com, example.org]', 'domain: [example.com, example.org, example.net]']],
    says: [
      'inventory.yaml:1:36: domain[2]: no gateway receives mail for "example.net"; add it to the domains of carinho or casa',
    ],
  },
  {
    wrong: 'a login that could be on several hosts',
    edits: [['ana: ana@desk', 'ana: ana']],
    says: [
      'inventory.yaml:3:47: mail.recipients.ana: "ana" could be on several hosts; write ana@casa, ana@mimando or ana@desk',
    ],
  },
  {
    wrong: 'a recipient on a host whose gateway gets another domain',
    edits: [['postmaster@example.org: kim@casa', 'postmaster@example.org: jay@mimando']],
    says: [
      'inventory.yaml:3:96: mail.recipients.postmaster@example.org: mail for example.org does not go to carinho, the gateway of mimando; name a host that receives it',
    ],
  },
  {
    wrong: 'a gateway that no recipient gets mail by',
    edits: [[', kim: kim@casa, postmaster@example.org: kim@casa', '']],
    says: [
      'inventory.yaml:25:3: hosts.casa: no recipient is served by this gateway; add one to mail.recipients, as in postmaster@example.org: LOGIN@casa',
    ],
  },
  {
    wrong: 'two hosts that differ in punctuation',
    edits: [
      ['  mimando:', '  de-sk:'],
      ['jay@mimando', 'jay@de-sk'],
      ['  desk:', '  de.sk:'],
      ['ana@desk', 'ana@de.sk'],
    ],
    says: [
      'inventory.yaml:35:3: hosts.de.sk: "de.sk" and "de-sk" differ only in case or punctuation; give each host its own name',
    ],
  },
  {
    wrong: 'one address at two relays',
    edits: [['mx2.example.com, address: 192.0.2.99', 'mx2.example.com, address: 192.0.2.25']],
    says: [
      `inventory.yaml:17:44: hosts.segundo.mx[0].address: "192.0.2.25" is already namorar's endpoint; give each its own address, or remove one`,
    ],
  },
  {
    wrong: 'one endpoint for two relays',
    edits: [['endpoint: 192.0.2.99', 'endpoint: 192.0.2.25']],
    says: [
      `inventory.yaml:15:15: hosts.segundo.endpoint: "192.0.2.25" is already namorar's endpoint; give each its own address, or remove one`,
    ],
  },
  {
    wrong: 'one outbound name for two relays',
    edits: [['smtp2', 'smtp1']],
    says: [
      `inventory.yaml:18:23: hosts.segundo.outbound.name: "smtp1.example.com" is already namorar's outbound name; give each address its own name`,
    ],
  },
  {
    wrong: 'a gateway out of reach of the second relay',
    edits: [['10.6.9.2 }', '10.6.8.2 }']],
    says: [
      `inventory.yaml:23:48: hosts.carinho.tunnel.address: "10.6.9.10" is not in the prefix of segundo's end of the tunnel, 10.6.8.2/24; give both ends addresses in the same prefix`,
      `inventory.yaml:29:48: hosts.casa.tunnel.address: "10.6.9.11" is not in the prefix of segundo's end of the tunnel, 10.6.8.2/24; give both ends addresses in the same prefix`,
    ],
  },
  {
    wrong: 'jumps in a larger circle',
    edits: [
      ['ssh: carinho.lan', 'ssh: { host: carinho.lan, jump: desk }'],
      ['ssh: mimando.lan', 'ssh: { host: mimando.lan, jump: carinho }'],
      ['ssh: desk.lan', 'ssh: { host: desk.lan, jump: mimando }'],
    ],
    says: [
      'inventory.yaml:21:37: hosts.carinho.ssh.jump: the jumps form a loop: carinho, desk, mimando, carinho; remove jump from one of them',
    ],
  },
];

test.each(several)('$wrong', ({ edits, says }) => {
  expect(complaints(edited(many, ...edits))).toEqual(says);
});
