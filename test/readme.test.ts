import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemaText } from '../src/commands/schema.ts';
import { readInventory } from '../src/hosts/inventory.ts';
import { program } from '../src/program.ts';

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const readme = text('README.md');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: object;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: string;
  readonly enum?: readonly (string | boolean)[];
}

const schema: Schema = JSON.parse(schemaText());

/** What may stand in place of a schema: itself, its alternatives, and the entries of a list or of a mapping of names. */
const shapesOf = (one: Schema): readonly Schema[] => [
  one,
  ...[...(one.anyOf ?? []), ...(one.oneOf ?? [])].flatMap(shapesOf),
  ...(one.items ? shapesOf(one.items) : []),
  ...(typeof one.additionalProperties === 'object' ? shapesOf(one.additionalProperties) : []),
];

const at = (...path: readonly string[]): readonly Schema[] =>
  path.reduce<readonly Schema[]>(
    (found, key) => found.flatMap(one => (one.properties?.[key] ? shapesOf(one.properties[key]) : [])),
    shapesOf(schema),
  );

const keysOf = (shapes: readonly Schema[]): string[] =>
  [...new Set(shapes.flatMap(one => Object.keys(one.properties ?? {})))].sort();

const hostsIn = (role: string): readonly Schema[] => at('hosts').filter(one => one.properties?.role?.const === role);

const within = (shapes: readonly Schema[], key: string): readonly Schema[] =>
  shapes.flatMap(one => (one.properties?.[key] ? shapesOf(one.properties[key]) : []));

/** Where the rows of the chapter's table stand in the schema. */
const PLACES: Readonly<Record<string, readonly Schema[]>> = {
  top: [schema],
  '`tunnel`': at('tunnel'),
  '`mail`': at('mail'),
  '`mail.credentials`': at('mail', 'credentials'),
  '`mail.credentials.password`': at('mail', 'credentials', 'password'),
  '`mail.bounces`': at('mail', 'bounces'),
  '`mail.dkim`': at('mail', 'dkim'),
  '`mail.dmarc`': at('mail', 'dmarc'),
  '`packet_filter`': at('packet_filter'),
  'each of `pass`': at('packet_filter', 'pass'),
  'a relay': hostsIn('relay'),
  'a gateway': hostsIn('gateway'),
  'a workstation': hostsIn('workstation'),
  '`ssh`': at('hosts', 'ssh'),
  '`tunnel` and `lan` of a host, each of `mx`': [...at('hosts', 'tunnel'), ...at('hosts', 'lan'), ...at('hosts', 'mx')],
  '`outbound`': at('hosts', 'outbound'),
  '`filters`': at('hosts', 'filters').filter(one => one.properties?.rdns),
  'each of `block…`': at('hosts', 'filters', 'block'),
  'each of `programs`, and of `filters` of `outbound`': [
    ...at('hosts', 'filters', 'programs'),
    ...at('hosts', 'outbound', 'filters'),
  ],
  '`certificates`': at('hosts', 'certificates'),
  '`certificates.acme`': within(at('hosts', 'certificates'), 'acme'),
  'each of `certificates.files`': within(at('hosts', 'certificates'), 'files'),
};

/** Words that a key may have for its value, beside mappings. */
const wordsOf = (shapes: readonly Schema[]): readonly string[] =>
  shapes.flatMap(one => [one.const, ...(one.enum ?? [])]).filter(word => typeof word === 'string');

const chapter = /^## The inventory\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
const rows = [...chapter.matchAll(/^\| (.+?) \| (.+) \|$/gm)]
  .map(([, place = '', cell = '']) => ({ place, named: [...cell.matchAll(/`(\w+)`/g)].map(match => match[1] ?? '') }))
  .filter(({ place }) => !/^(where|---)$/.test(place));

describe('the section on the inventory', () => {
  it('has a row for every mapping of the schema', () => {
    expect(rows.map(({ place }) => place)).toEqual(Object.keys(PLACES));
    const everywhere = (one: Schema): readonly string[] =>
      shapesOf(one).flatMap(shape =>
        Object.entries(shape.properties ?? {}).flatMap(([key, value]) => [key, ...everywhere(value)]),
      );
    const reported = new Set(Object.values(PLACES).flatMap(keysOf));
    expect([...new Set(everywhere(schema))].filter(key => !reported.has(key))).toEqual([]);
  });
  it.each(rows)('names exactly the keys that the schema has at $place', ({ place, named }) => {
    const shapes = PLACES[place] ?? [];
    const words = [...wordsOf(shapes), ...(place === '`ssh`' ? ['local'] : [])];
    expect(named.filter(word => !words.includes(word)).sort()).toEqual(keysOf(shapes));
  });
});

describe('every inventory in the documentation is accepted', () => {
  const blocks = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match, index) => [
    `README.md, block ${index + 1}`,
    match[1] ?? '',
  ]);
  const files = ['example', 'several', 'single-machine'].map(name => [
    `inventory/${name}.yaml`,
    text(`inventory/${name}.yaml`),
  ]);
  const page = [...text('man/mailtun.yaml.5').matchAll(/^\.Bd .*\n([\s\S]*?)^\.Ed/gm)].map((match, index) => [
    `mailtun.yaml(5), example ${index + 1}`,
    match[1] ?? '',
  ]);
  it.each([...blocks, ...files, ...page])('%s', (name = '', inventory = '') => {
    expect(readInventory(name, inventory).hosts.length).toBeGreaterThan(1);
  });
  it('and there are some', () => {
    expect([blocks.length, page.length]).toEqual([1, 2]);
  });

  /** A line that is commented out and begins with a key of the schema is an alternative: it takes that key's place. */
  const example = text('inventory/example.yaml');
  const alternatives = [...example.matchAll(/^( *)# ((\w+): .+?)(?: {2,}#.*)?$/gm)]
    .map(([line, indent = '', words = '', key = '']) => ({ line, indent, words, key }))
    .filter(({ key, words }) => keysOf(Object.values(PLACES).flat()).includes(key) && !/[.:]$/.test(words));

  it.each(alternatives)('example.yaml with "$words"', ({ line, indent, words, key }) => {
    const without = example.replace(new RegExp(`^${indent}${key}:.*\n`, 'm'), '');
    const inventory = without.replace(line, `${indent}${words}`);
    expect(parse(inventory)).toBeTruthy();
    expect(readInventory('example.yaml', inventory).hosts).toHaveLength(3);
  });
});

describe('command lines in README.md', () => {
  const mailtun = program(() => {});
  const commands = new Map(mailtun.commands.map(command => [command.name(), command]));
  const lines = [...readme.matchAll(/mailtun ([a-z][a-z-]+)((?: [\w./[\]-]+)*)/g)]
    .map(([line, name = '', rest = '']) => ({ line, name, rest }))
    .filter(({ name, rest }) => commands.has(name) || / --/.test(rest));

  it.each(lines)('$line', ({ name, rest }) => {
    const known = [
      '--help',
      ...[...(commands.get(name)?.options ?? []), ...mailtun.options].map(option => option.long),
    ];
    expect([...commands.keys()]).toContain(name);
    expect(rest.split(' ').filter(word => word.startsWith('--') && !known.includes(word))).toEqual([]);
  });
});
