import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Fleet } from '../../../src/hosts/fleet.ts';
import { InventoryErrors } from '../../../src/hosts/inventory/errors.ts';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { fc } from '../../properties.ts';
import { article, edited } from '../inventories.ts';

/** Every key that there is has a value here. */
const everything = edited(
  article,
  ['    role: gateway', '    role: gateway\n    domains: [example.com]'],
  ['    role: workstation', '    role: workstation\n    gateway: carinho'],
  ['bounces: drop', 'bounces: { mode: send, warn_intervals: [4h] }\n  tls: yes'],
  ['user: mailuser', 'user: mailuser, password: { command: [pass, show, mail] }'],
  ['mail:\n', 'packet_filter: { fixed_source_port: no, mx: no }\nmail:\n'],
  ['self_signed', '{ files: { mx1.example.com: { cert: a.pem, key: b.key } } }'],
  [
    '{ host: mimando.lan,',
    `{ host: mimando.lan, user: ana, identity_file: ~/id, become: doas, host_key: "SHA256:${'a'.repeat(43)}",`,
  ],
);

const variants = [
  everything,
  edited(
    everything,
    ['{ command: [pass, show, mail] }', '{ env: SECRET }'],
    [/\{ files.*/, '{ acme: { contact: a@b.example, directory_url: "https://ca.example/d" } }'],
  ),
  edited(
    everything,
    ['{ command: [pass, show, mail] }', '{ file: secret }'],
    ['endpoint: 192.0.2.25', 'endpoint: relay.example.com'],
  ),
].map(text => parse(text));

/** What may stand in a fleet, by the key it stands under; what is not listed is a plain word. */
const whitelists: Readonly<Record<string, RegExp>> = {
  words: /^\P{C}+$/u,
  path: /^[\p{L}\p{M}\p{N} ._/~@+,=:-]+$/u,
  cert: /^[\p{L}\p{M}\p{N} ._/~@+,=:-]+$/u,
  key: /^[\p{L}\p{M}\p{N} ._/~@+,=:-]+$/u,
  identityFile: /^[\p{L}\p{M}\p{N} ._/~@+,=:-]+$/u,
  contact: /^mailto:[A-Za-z0-9._+@-]+$/,
  directoryUrl: /^https:\/\/[A-Za-z0-9._~:/-]+$/,
  hostKey: /^SHA256:[A-Za-z0-9+/]{43}$/,
  maildir: /^(?!.*\.\.)[A-Za-z0-9._/-]+$/,
  address: /^[0-9a-f:.]+$/,
  addresses: /^[0-9a-f:.]+$/,
  endpoint: /^[a-z0-9:.-]+$/,
};
const plainWord = /^[A-Za-z0-9_][A-Za-z0-9._:-]*$/;

test('no text in an inventory can change anything but its own value', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      ...'\n\r\t\0\x1b\x7f\x85\u2028\u202e\'"`$;&|<>(){}[]#!*?~^%\\ ,=@'.split(''),
      '..',
      '../',
      '$(id)',
      '\r\n',
      '-o',
      '--',
      '%s',
    ),
  );
  const spots = variants.flatMap((variant, index) => stringsIn(variant).map(spot => ({ index, spot })));
  const change = fc.record({ where: fc.constantFrom(...spots), hostile, cut: fc.nat(40), whole: fc.boolean() });
  fc.assert(
    fc.property(change, ({ where, hostile, cut, whole }) => {
      const data = structuredClone(variants[where.index]);
      changeAt(data, where.spot, old => (whole ? hostile : old.slice(0, cut) + hostile + old.slice(cut)));
      const fleet = fleetOrNull(JSON.stringify(data, null, 1));
      if (fleet !== null) expect(strayTexts(fleet)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('the unchanged inventories of that test are accepted', () => {
  expect(variants.map(variant => fleetOrNull(JSON.stringify(variant, null, 1)) !== null)).toEqual([true, true, true]);
});

test('whatever the text, there is a fleet or a list of errors with places', () => {
  const pieces = fc.constantFrom(
    ...article.split(/(?=[ ,:{}[\]\n])/),
    '&a ',
    '*a',
    '<<: ',
    '!!str ',
    '? ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '"',
    "'",
    '\t',
    '\0',
    '\ufeff',
    '~',
    '-',
    '- ',
  );
  const rubbish = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(pieces, { maxLength: 60 }).map(parts => parts.join('')),
    fc
      .tuple(fc.nat(article.length), fc.nat(30), fc.array(pieces, { maxLength: 3 }))
      .map(([at, length, parts]) => article.slice(0, at) + parts.join('') + article.slice(at + length)),
  );
  fc.assert(
    fc.property(rubbish, text => {
      const lines = text.split('\n').length;
      for (const problem of problemsOf(text)) {
        expect(problem.line).toBeGreaterThanOrEqual(1);
        expect(problem.line).toBeLessThanOrEqual(lines);
        expect(problem.column).toBeGreaterThanOrEqual(1);
        expect(`${problem.path}${problem.what}${problem.remedy}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }
    }),
    { numRuns: 500 },
  );
});

function problemsOf(text: string) {
  try {
    readInventory('inventory.yaml', text);
    return [];
  } catch (error) {
    if (!(error instanceof InventoryErrors)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    return error.problems;
  }
}

function fleetOrNull(text: string): Fleet | null {
  try {
    return readInventory('inventory.yaml', text);
  } catch (error) {
    if (error instanceof InventoryErrors) return null;
    throw error;
  }
}

type Spot = { readonly path: readonly string[]; readonly isKey: boolean };

/** Where strings stand in a value: scalars, and keys of mappings. */
const stringsIn = (value: unknown, path: readonly string[] = []): Spot[] => {
  if (typeof value === 'string') return [{ path, isKey: false }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    return [...(Array.isArray(value) ? [] : [{ path: here, isKey: true }]), ...stringsIn(inner, here)];
  });
};

function changeAt(data: unknown, { path, isKey }: Spot, change: (old: string) => string): void {
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce((value, key) => (value as Record<string, unknown>)[key], data) as Record<
    string,
    unknown
  >;
  if (!isKey) parent[last] = change(String(parent[last]));
  else {
    const value = parent[last];
    delete parent[last];
    Object.defineProperty(parent, change(last), { value, enumerable: true, configurable: true, writable: true });
  }
}

/** The strings of a fleet that have a character in them which their place does not allow. */
const strayTexts = (value: unknown, key = ''): string[] => {
  if (typeof value === 'string') return (whitelists[key] ?? plainWord).test(value) ? [] : [`${key}: ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([inner, part]) => [
    ...(key === 'files' ? strayTexts(inner) : []),
    ...strayTexts(part, Array.isArray(value) ? key : inner),
  ]);
};
