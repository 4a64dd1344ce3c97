import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Fleet, gatewaysOf, relaysOf, workstationsOf } from '../../../src/hosts/fleet.ts';
import { warningsOf } from '../../../src/hosts/fleet-warnings.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { article, edited, many } from '../inventories.ts';

const read = (text: string): Fleet => readInventory('inventory.yaml', text);

describe('several of everything', () => {
  test('each gateway has its domains and workstations, each recipient its host', () => {
    const fleet = read(many);
    const [carinho, casa] = gatewaysOf(fleet);
    expect(gatewaysOf(fleet).map(({ name, domains, lan }) => ({ name, domains, lan: lan?.name }))).toEqual([
      { name: 'carinho', domains: ['example.com'], lan: 'carinho.lan' },
      { name: 'casa', domains: ['example.org'], lan: undefined },
    ]);
    expect(carinho && workstationsOf(fleet, carinho).map(({ name }) => name)).toEqual(['mimando', 'desk']);
    expect(casa && workstationsOf(fleet, casa)).toEqual([]);
    expect(fleet.mail.recipients).toEqual([
      { local: 'postmaster', domain: null, login: 'jay', host: 'mimando' },
      { local: 'ana', domain: null, login: 'ana', host: 'desk' },
      { local: 'kim', domain: null, login: 'kim', host: 'casa' },
      { local: 'postmaster', domain: 'example.org', login: 'kim', host: 'casa' },
    ]);
  });

  test('the shipped inventory has two of each, and causes no warning', () => {
    const fleet = read(readFileSync('inventory/several.yaml', 'utf8'));
    const [relays, gateways] = [relaysOf(fleet), gatewaysOf(fleet)];
    expect(relays.map(({ mx }) => mx.length)).toEqual([2, 1]);
    expect(gateways.map(gateway => [gateway.domains, workstationsOf(fleet, gateway).length])).toEqual([
      [['example.com'], 2],
      [['example.org'], 0],
    ]);
    expect(fleet.mail.recipients.map(({ login, host }) => `${login}@${host}`)).toEqual([
      'jay@mimando',
      'ana@desk',
      'jay@mimando',
      'kim@casa',
      'kim@casa',
    ]);
    expect(warningsOf(fleet)).toEqual([]);
  });

  test('a complete address excludes its domain from the local part alone', () => {
    const two = edited(
      article,
      ['domain: example.com', 'domain: [example.com, example.org, example.net]'],
      ['test: jay', 'postmaster@example.org: ana'],
    );
    expect(read(two).mail.recipients).toEqual([
      { local: 'postmaster', domain: 'example.org', login: 'ana', host: 'mimando' },
      { local: 'postmaster', domain: 'example.com', login: 'jay', host: 'mimando' },
      { local: 'postmaster', domain: 'example.net', login: 'jay', host: 'mimando' },
    ]);
  });

  test('two hundred hosts are read within two seconds of computing', () => {
    const stations = Array.from(
      { length: 200 },
      (_, index) =>
        `  ws${index}:\n    role: workstation\n    ssh: ws${index}.lan\n    lan: { name: ws${index}.lan, address: "2001:db8:6969:1::${index + 1}" }\n`,
    );
    const text = edited(article, ['test: jay, postmaster: jay', 'postmaster: jay@mimando']) + stations.join('');
    const begun = process.cpuUsage();
    expect(read(text).hosts).toHaveLength(203);
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
