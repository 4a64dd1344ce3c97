import { describe, expect, test } from 'vitest';
import { relaysOf } from '../../../src/hosts/fleet.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { article, complaints, edited } from '../inventories.ts';

const withFilters = (filters: string): string =>
  edited(article, ['    role: relay\n', `    role: relay\n    filters: ${filters}\n`]);
const said = (filters: string): readonly string[] =>
  complaints(withFilters(filters)).map(line => line.replace(/^inventory\.yaml:\d+:\d+: hosts\.namorar\./, ''));
const filtersOf = (filters: string) =>
  relaysOf(readInventory('/home/ana/inventory.yaml', withFilters(filters)))[0]?.filters;

describe('filters of a relay', () => {
  test('reject by default, and their files are next to the inventory', () => {
    expect(filtersOf('{ rdns: log, block: a.txt, block_helo: { file: /h.txt, action: junk } }')).toEqual({
      rdns: 'log',
      fcrdns: null,
      lists: [
        { kind: 'block', path: '/home/ana/a.txt', action: 'reject' },
        { kind: 'block_helo', path: '/h.txt', action: 'junk' },
      ],
      programs: [],
      outbound: [],
    });
  });
  test('may be only a list of programs', () => {
    const program = { name: 'rspamd', command: 'filter-rspamd', user: null, group: null };
    expect(filtersOf('[{ name: rspamd, command: filter-rspamd }]')).toMatchObject({ programs: [program], lists: [] });
  });
  test.each([
    ['{ rdns: refuse }', 'filters.rdns: "refuse" is not reject or junk or log; write reject or junk or log'],
    ['{ rdsn: reject }', 'filters.rdsn: unknown key "rdsn"; did you mean "rdns"?'],
    ['{ block: { fil: a } }', 'filters.block.fil: unknown key "fil"; did you mean "file"?'],
    ['[{ name: mailtun_x, command: f }]', 'filters[0].name: "mailtun_x" is not a name for a filter'],
    ['[{ name: x, command: "f; reboot" }]', 'filters[0].command: "f; reboot" is not a command line'],
    ['[{ name: x, command: "f $(id)" }]', 'filters[0].command: "f $(id)" is not a command line'],
  ])('are refused: %s', (filters, line) => {
    expect(said(filters).join('\n')).toContain(line);
  });
});
