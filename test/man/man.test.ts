import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../src/codes/failures.ts';
import { PROBLEM_CODES } from '../../src/codes/problems.ts';
import { REASON_CODES } from '../../src/codes/reasons.ts';
import { schemaText } from '../../src/commands/schema.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { program } from '../../src/program.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { runLabProgram } from '../lab-program.ts';

const page = (name: string): string => fileURLToPath(new URL(`../../man/${name}`, import.meta.url));
const PAGES = ['mailtun.1', 'mailtun.yaml.5'];

/** What mailtun(1) lists besides commands: `npm run documents` writes it. */
const LISTED = [
  ...allTasks.map(({ name }) => name),
  ...[PROBLEM_CODES, FAILURE_CODES, REASON_CODES].flatMap(Object.keys),
];

interface Item {
  /** The words of `.It` from the outermost list to this one. */
  readonly path: readonly string[];
  readonly text: string;
}

/** What `.It` lines of a page describe: the word behind Ic, Fl or Cm, below those of the lists around it. */
function itemsOf(name: string): readonly Item[] {
  const items: { path: string[]; text: string }[] = [];
  const open: string[] = [];
  for (const line of readFileSync(page(name), 'utf8').split('\n')) {
    const item = /^\.It (?:Ic|Fl|Cm) (\S+)/.exec(line);
    if (line.startsWith('.Bl')) open.push('');
    else if (line === '.El') open.pop();
    else if (item) {
      open[open.length - 1] = item[1] ?? '';
      items.push({ path: [...open], text: '' });
    } else {
      const last = items.findLast(one => one.path.join() === open.join());
      if (last) last.text += `${line}\n`;
    }
  }
  return items;
}

/** Which pages of other programs a machine has is not said of ours. */
const isOfOurs = (line: string): boolean => line !== '' && !line.includes('referenced manual not found');

describe('mandoc', () => {
  it.each(PAGES)('accepts %s without a warning', name => {
    const { stdout, stderr } = runLabProgram(['mandoc', '-T', 'lint'], readFileSync(page(name), 'utf8'));
    expect([stdout.split('\n').filter(isOfOurs), stderr]).toEqual([[], '']);
  });
});

describe('mailtun(1)', () => {
  const items = itemsOf('mailtun.1');
  const mailtun = program(() => {});
  const optionsBelow = (...path: readonly string[]): readonly string[] =>
    items
      .filter(item => item.path.length === path.length + 1 && path.every((word, index) => item.path[index] === word))
      .flatMap(item => item.path.at(-1) ?? [])
      .filter(word => word.startsWith('-'))
      .map(word => `-${word}`);
  const common = optionsBelow();

  it.each(mailtun.commands.map(command => [command.name(), command] as const))(
    'describes %s and exactly its options',
    (name, command) => {
      expect(items.map(item => item.path.join(' '))).toContain(name);
      const options = command.options.map(option => option.long ?? '');
      expect([...optionsBelow(name)].sort()).toEqual([...options].sort());
    },
  );
  it('describes the options that all commands have', () => {
    const options = mailtun.options.map(option => option.long).filter(long => long !== '--version');
    expect([...common].sort()).toEqual(options.sort());
  });
  it('describes no other command', () => {
    const described = items.filter(item => item.path.length === 1 && /^[a-z]/.test(item.path.join()));
    const names = described.map(item => item.path.join()).filter(name => !LISTED.includes(name));
    expect(names.sort()).toEqual(mailtun.commands.map(command => command.name()).sort());
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly default?: unknown;
}

/** Every key that the schema allows, by its path; names that users choose are left out of paths. */
function keysIn(schema: Schema, path: readonly string[] = []): readonly (readonly [string, unknown])[] {
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
      [[...path, key].join('.'), value.default] as const,
      ...keysIn(value, [...path, key]),
    ]),
    ...inner.flatMap(one => (typeof one === 'object' ? keysIn(one, path) : [])),
  ];
}

describe('mailtun.yaml(5)', () => {
  const items = itemsOf('mailtun.yaml.5');
  const keys = keysIn(JSON.parse(schemaText()));

  it('describes every key of the schema in its place, and no other', () => {
    const described = items.map(item => item.path.join('.'));
    expect([...described].sort()).toEqual([...new Set(keys.map(([path]) => path))].sort());
  });
  const textOf = (path: string): string => items.find(item => item.path.join('.') === path)?.text ?? '';
  // What is described at another key has its default there.
  const own = keys.filter(([path, value]) => value !== undefined && !textOf(path).startsWith('As in\n'));
  it.each(own)('names the default of %s', (path, value) => {
    expect(textOf(path)).toContain(`The default is\n.Cm ${[value].flat().join(', ')} .`);
  });
  it('has valid examples, each of which extends the one before', () => {
    const text = readFileSync(page('mailtun.yaml.5'), 'utf8');
    const examples = [...text.matchAll(/^\.Bd .*\n([\s\S]*?)^\.Ed/gm)].map(([, example = '']) => example);
    expect(examples.map(example => readInventory('mailtun.yaml.5', example).hosts.map(host => host.role))).toEqual([
      ['relay', 'gateway'],
      ['relay', 'relay', 'gateway', 'workstation', 'workstation', 'gateway'],
    ]);
  });
});
