/** YAML that is well formed and means something else than who wrote it thought. */
import { describe, expect, it } from 'vitest';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { article, complaints, edited } from '../inventories.ts';

const read = (text: string) => readInventory('inventory.yaml', text);

describe('an inventory that names its version of YAML', () => {
  const merged = edited(
    article,
    ['  namorar:\n    role: relay\n', '  namorar:\n    <<: &names\n      role: relay\n'],
    ['bounces: drop', 'bounces: send'],
  );
  it.each(['%YAML 1.1', '%YAML 1.2', '%YAML 1.3', '%NOSUCH x'])('%s is read nevertheless', directive => {
    expect(read(`${directive}\n---\n${merged}`)).toEqual(read(merged));
  });
  it('has strings where YAML 1.1 would have booleans, dates and base 60 numbers', () => {
    const words = edited(article, ['bounces: drop', 'bounces: drop\n  tls: off']);
    expect(read(`%YAML 1.1\n---\n${words}`)).toEqual(read(words));
    expect(complaints(`%YAML 1.1\n---\n${edited(article, ['keepalive: 15', 'keepalive: 1:30'])}`)).toEqual([
      expect.stringContaining('tunnel.keepalive: "1:30" is not a keepalive'),
    ]);
  });
  it.each(['<<: 1', '? <<\n: {}', '? !!set {a}\n: x', '!!omap []', '? [a]\n: x', '? 2001-01-01\n: x', '<<'])(
    'has an error for %j, and nothing is thrown',
    text => {
      expect(complaints(`%YAML 1.1\n---\n${text}\n`).length).toBeGreaterThan(0);
    },
  );
});

describe('an address that ends in a colon', () => {
  it.each([
    [
      ['[2001:db8:1234:1234::b17e,', '[2001:db8:1234:1234::,'],
      'inventory.yaml:16:53: hosts.namorar.outbound.addresses[0]',
    ],
    [['[2001:db8:1234:1234::b17e,', '[::,'], 'inventory.yaml:16:53: hosts.namorar.outbound.addresses[0]'],
    [
      ['192.0.2.25] }\n    cert', '2001:db8::] }\n    cert'],
      'inventory.yaml:16:79: hosts.namorar.outbound.addresses[1]',
    ],
  ] as const)('is a mapping in YAML: %j', (edit, where) => {
    expect(complaints(edited(article, edit as unknown as [string, string]))).toEqual([
      `${where}: is read as a mapping, for the colon at its end; put the address in quotes: "2001:db8::"`,
    ]);
  });
  it('is reported with the same remedy if it is an error in YAML', () => {
    for (const edit of [
      ['endpoint: 192.0.2.25', 'endpoint: 2001:db8::'],
      ['address: 2001:db8:c1da::2 }', 'address: 2001:db8:c1da:: }'],
    ] as const)
      expect(complaints(edited(article, edit))).toEqual([expect.stringContaining('ends in a colon in quotes')]);
  });
  it('in quotes is an address', () => {
    const quoted = edited(article, ['[2001:db8:1234:1234::b17e,', '["2001:db8:1234:1234::",']);
    expect(read(quoted).hosts[0]).toMatchObject({ outbound: { addresses: ['2001:db8:1234:1234::', '192.0.2.25'] } });
  });
});
