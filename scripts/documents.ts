/**
 * What is written from the source: from the schema of the inventory the keys in mailtun.yaml(5), the table of the README, and
 * the JSON Schema beside the examples; in mailtun(1) the tasks and the codes. "npm run documents" writes them, and
 * test/documents.test.ts fails where they are out of date.
 */
import { readFileSync } from 'node:fs';
import { FAILURE_CODES } from '../src/codes/failures.ts';
import { PROBLEM_CODES } from '../src/codes/problems.ts';
import { REASON_CODES } from '../src/codes/reasons.ts';
import { schemaText } from '../src/commands/schema.ts';
import { allTasks } from '../src/tasks/all.ts';
import { mdoc } from './documents-mdoc.ts';

/** The parts of JSON Schema that the inventory's schema has. */
export interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** A key, with its schemas in the several mappings that may have it: a host's keys depend on its role. */
export interface Key {
  readonly name: string;
  readonly schemas: readonly Schema[];
}

const alternatives = (schema: Schema): readonly Schema[] => schema.anyOf ?? schema.oneOf ?? [schema];

/** The mappings that a value may be or may consist of. */
const mappingsIn = (schema: Schema): readonly Schema[] =>
  alternatives(schema).flatMap(one => {
    if (one.properties) return [one];
    const entry = one.items ?? one.additionalProperties;
    if (typeof entry === 'object') return mappingsIn(entry);
    return one === schema ? [] : mappingsIn(one);
  });

/** The keys of these mappings, each once. One that an earlier mapping lacks stands before the next that it has. */
export function keysOf(mappings: readonly Schema[]): readonly Key[] {
  const keys: { name: string; schemas: Schema[] }[] = [];
  for (const mapping of mappings) {
    let next = keys.length;
    for (const [name, schema] of Object.entries(mapping.properties ?? {}).reverse()) {
      const known = keys.findIndex(key => key.name === name);
      if (known >= 0) keys[known]?.schemas.push(schema);
      else keys.splice(next, 0, { name, schemas: [schema] });
      next = known >= 0 ? known : next;
    }
  }
  return keys;
}

const below = ({ schemas }: Key): readonly Schema[] => schemas.slice(0, 1).flatMap(mappingsIn);

const paragraphsOf = ({ schemas }: Key): readonly string[] =>
  [...new Set(schemas.map(schema => schema.description ?? ''))].join(' ').split('\n\n');

/** The list of keys in mailtun.yaml(5), as mdoc(7). */
export function manualKeys(schema: Schema): string {
  const names = new Set(namesIn(schema));
  /** Where the keys of a mapping were described, by what is to be said of them. */
  const places = new Map<string, readonly string[]>();
  const list = (mappings: readonly Schema[], path: readonly string[]): readonly string[] => {
    const parts = isDisjoint(mappings) ? mappings.map(one => keysOf([one])) : [keysOf(mappings)];
    const items = parts.flatMap(keys => {
      const what = JSON.stringify(keys);
      const place = places.get(what);
      places.set(what, place ?? path);
      return place === undefined ? keys.flatMap(key => item(key, path)) : sameAs(keys, place, path);
    });
    return ['.Bl -tag -width Ds', ...items, '.El'];
  };
  const item = (key: Key, path: readonly string[]): readonly string[] => {
    const [first = '', ...rest] = paragraphsOf(key).map(paragraph => mdoc(paragraph, names));
    const mappings = below(key);
    const usual = key.schemas[0]?.default;
    const value = usual === undefined ? [] : ['The default is', `.Cm ${[usual].flat().join(', ')} .`];
    const later = rest.flatMap(paragraph => ['.Pp', paragraph]);
    return mappings.length === 0
      ? [`.It Ic ${key.name}`, first, ...later, ...value]
      : [`.It Ic ${key.name}`, first, ...value, ...list(mappings, [...path, key.name]), ...later];
  };
  return `${list([schema], []).join('\n')}\n`;
}

/** Whether no two mappings have a key in common. */
const isDisjoint = (mappings: readonly Schema[]): boolean =>
  keysOf(mappings).every(({ schemas }) => schemas.length === 1);

const sameAs = (keys: readonly Key[], place: readonly string[], path: readonly string[]): readonly string[] => {
  const [last = '', above = ''] = [...place].reverse();
  const isNear = place.slice(0, -1).join() === path.slice(0, -1).join();
  const where = isNear ? [`.Ic ${last} .`] : [`.Ic ${last}`, 'of', `.Ic ${above} .`];
  return [...keys.map(({ name }) => `.It Ic ${name}`), 'As in', ...where];
};

const namesIn = (schema: Schema): readonly string[] =>
  keysOf(mappingsIn(schema)).flatMap(key => [key.name, ...key.schemas.flatMap(namesIn)]);

/** The README's table of keys: a row for each kind of mapping. */
export function readmeTable(schema: Schema): string {
  const rows = new Map<string, string[]>();
  const row = (label: string, cell: string): void => void rows.set(cell, [...(rows.get(cell) ?? []), label]);
  const walk = (keys: readonly Key[], path: readonly string[]): void => {
    for (const key of keys) {
      const [value = {}] = key.schemas;
      const own = mappingsIn(value);
      const roles = own.filter(one => one.properties?.role);
      for (const role of roles) row(`a ${role.properties?.role?.const}`, cellOf([role], []));
      const place = [...path, key.name];
      if (own.length > 0 && roles.length === 0) row(labelOf(place, value), cellOf(own, alternatives(value)));
      walk(keysOf(below(key)), place);
    }
  };
  row('top', cellOf([schema], []));
  walk(keysOf([schema]), []);
  return [
    '',
    '| where | keys |',
    '| --- | --- |',
    ...[...rows].map(([cell, labels]) => `| ${labels.join(', ')} | ${cell} |`),
    '',
    '',
  ].join('\n');
}

function labelOf([top = '', ...rest]: readonly string[], value: Schema): string {
  const place = top === 'hosts' ? rest : [top, ...rest];
  const isMany = value.items !== undefined || typeof value.additionalProperties === 'object';
  return `${isMany ? 'each of ' : ''}\`${place.join('.')}\`${top === 'hosts' && rest.length === 1 ? ' of a host' : ''}`;
}

/** What may be written instead of a mapping, and the keys. */
function cellOf(mappings: readonly Schema[], options: readonly Schema[]): string {
  const others = options.length < 2 ? [] : options.filter(one => !one.properties && !named(one)).map(wordsOf);
  const own = mappings.filter(one => options.length < 2 || options.includes(one) || options.some(named));
  const keys = keysOf(own).map(({ name }) => `\`${name}\``);
  return [...others, `${own.length > 1 ? 'one of ' : ''}${keys.join(' ')}`].join(', or ');
}

const named = (schema: Schema): boolean => typeof schema.additionalProperties === 'object';

const wordsOf = (schema: Schema): string => {
  const words = schema.enum ?? [];
  const said = (schema.description ?? '').replaceAll(/"([^"]+)"/g, '`$1`');
  return words.length > 0 ? words.map(word => `\`${word}\``).join(' or ') : `${said[0]?.toLowerCase()}${said.slice(1)}`;
};

/** Replaces what is between two lines of a text. */
function between(text: string, first: string, last: string, part: string): string {
  const [begin, end] = [text.indexOf(first) + first.length, text.indexOf(last)];
  if (begin < first.length || end < begin) throw new Error(`no lines ${first} and ${last}`);
  return `${text.slice(0, begin)}\n${part}${text.slice(end)}`;
}

const SCHEMA: Schema = JSON.parse(schemaText());

/** A list in mailtun(1) of words and what each means. */
const manualList = (meanings: Iterable<readonly [word: string, meaning: string]>): string =>
  [...meanings]
    .map(([word, text]) => {
      const sentence = `${text[0]?.toUpperCase()}${text.slice(1)}`.replace(/[^.]$/, '$&.');
      return `.It Cm ${word}\n${mdoc(sentence.replaceAll('/etc/hosts', '"$&"'), new Set())}\n`;
    })
    .join('');

const LISTS = [
  ['tasks', allTasks.map(({ name, summary }) => [name, summary] as const)],
  ['problem codes', Object.entries(PROBLEM_CODES)],
  ['failure codes', Object.entries(FAILURE_CODES)],
  ['reason codes', Object.entries(REASON_CODES)],
] as const;

/** The files, by their path, as they should be. */
export const documents: readonly (readonly [path: string, text: string])[] = [
  ['inventory/mailtun.schema.json', schemaText()],
  [
    'man/mailtun.1',
    LISTS.reduce(
      (text, [what, meanings]) =>
        between(
          text,
          `.\\" The ${what}, as "npm run documents" writes them.`,
          `.\\" The end of the ${what}.`,
          manualList(meanings),
        ),
      readFileSync('man/mailtun.1', 'utf8'),
    ),
  ],
  [
    'man/mailtun.yaml.5',
    between(
      readFileSync('man/mailtun.yaml.5', 'utf8'),
      '.\\" The keys, as "npm run documents" writes them.',
      '.\\" The end of the keys.',
      manualKeys(SCHEMA),
    ),
  ],
  [
    'README.md',
    between(
      readFileSync('README.md', 'utf8'),
      '<!-- the keys, as "npm run documents" writes them -->',
      '<!-- the end of the keys -->',
      readmeTable(SCHEMA),
    ),
  ],
];
