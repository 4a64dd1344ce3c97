import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaText } from '../../src/commands/schema.ts';

const schema = JSON.parse(schemaText());

interface Place {
  readonly path: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Every key of every mapping in a JSON Schema. */
const keysIn = (value: unknown, path = ''): Place[] => {
  if (typeof value !== 'object' || value === null) return [];
  const properties = 'properties' in value ? Object.entries(value.properties as Record<string, Place['schema']>) : [];
  return [
    ...properties.map(([key, inner]) => ({ path: `${path}.${key}`, schema: inner })),
    ...Object.entries(value).flatMap(([key, inner]) => keysIn(inner, `${path}.${key}`)),
  ];
};

test('every key of the inventory is explained', () => {
  const keys = keysIn(schema);
  expect(keys.map(({ path }) => path)).toContain('.properties.mail.queue_ttl');
  expect(keys.filter(key => typeof key.schema.description !== 'string').map(({ path }) => path)).toEqual([]);
});

test('the patterns of the schema are regular expressions in unicode mode, as JSON Schema wants them', () => {
  const patterns = [...schemaText().matchAll(/"pattern": (".*")/g)].map(match => JSON.parse(match[1] ?? '""'));
  expect(patterns.length).toBeGreaterThan(20);
  for (const pattern of patterns) expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
});

test('unknown keys are errors for editors too', () => {
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['domain', 'mail', 'hosts'] });
});

test('the first line of each example points editors to that schema', () => {
  for (const name of ['example', 'single-machine', 'several']) {
    const [first] = readFileSync(`inventory/${name}.yaml`, 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=mailtun.schema.json');
  }
});

test('the example shows every key that an inventory may have', () => {
  const text = readFileSync('inventory/example.yaml', 'utf8');
  const names = new Set(keysIn(schema).map(({ path }) => path.split('.').at(-1) ?? ''));
  expect([...names].filter(name => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});
