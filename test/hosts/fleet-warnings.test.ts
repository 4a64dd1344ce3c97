import { expect, test } from 'vitest';
import { warningsOf } from '../../src/hosts/fleet-warnings.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { article, edited, many } from './inventories.ts';

const warnings = (text: string) => warningsOf(readInventory('inventory.yaml', text));

test('neither the common set-up nor a larger one causes a warning', () => {
  expect([...warnings(article), ...warnings(many)]).toEqual([]);
});

test('a domain without a postmaster is named', () => {
  expect(warnings(edited(article, ['postmaster: jay', 'ana: jay']))).toEqual([
    'example.com has no postmaster, which RFC 5321 requires: add postmaster to mail.recipients',
  ]);
  expect(warnings(edited(many, ['postmaster@example.org: kim@casa', 'ana@example.org: kim@casa']))).toEqual([
    'example.org has no postmaster, which RFC 5321 requires: add postmaster to mail.recipients',
  ]);
});

test('a relay that cannot reach hosts without IPv6 is named', () => {
  expect(warnings(edited(article, ['::b17e, 192.0.2.25]', '::b17e]']))).toEqual([
    'namorar has no IPv4 address for outbound mail: mail for hosts without IPv6 stays in its queue; add one to outbound.addresses',
  ]);
});

test('plain SMTP in the tunnel is reported', () => {
  expect(warnings(edited(article, ['bounces: drop', 'tls: off']))).toEqual([
    'mail.tls is off: mail goes through the tunnel in plain SMTP; remove this setting once mail flows',
  ]);
});
