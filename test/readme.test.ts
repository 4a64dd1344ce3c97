import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemaText } from '../src/commands/schema.ts';
import { readInventory } from '../src/hosts/inventory.ts';
import { program } from '../src/program.ts';

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const readme = text('README.md');

/** Every key of the schema. */
const keys = new Set([...schemaText().matchAll(/^ *"(\w+)": \{$/gm)].map(match => match[1] ?? ''));

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
    .filter(({ key, words }) => keys.has(key) && !/[.:]$/.test(words));

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
