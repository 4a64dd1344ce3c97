import { describe, expect, test } from 'vitest';
import { nearest } from '../../../src/hosts/inventory/did-you-mean.ts';
import { inventoryJsonSchema } from '../../../src/hosts/inventory/schema.ts';
import { fc } from '../../properties.ts';

/** The keys of every mapping in the inventory's schema, one list for each. */
function keyLists(schema: unknown): string[][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? [Object.keys(schema.properties as object)] : [];
  return [...own, ...Object.values(schema).flatMap(keyLists)];
}

describe('did you mean', () => {
  test('a key with one typing error is recognised wherever it belongs', () => {
    const lists = keyLists(inventoryJsonSchema());
    expect(lists.flat()).toContain('queue_ttl');
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
    const slip = fc.record({ list: fc.constantFrom(...lists), which: fc.nat(), at: fc.nat(), letter, kind: fc.nat(3) });
    fc.assert(
      fc.property(slip, ({ list, which, at, letter, kind }) => {
        const key = list[which % list.length] ?? '';
        const typed = slipped(key, at % key.length, letter, kind);
        const meant = nearest(typed, list);
        // `hort` may be host or port: either is a fair guess.
        expect(meant === key || (meant !== null && slipsOf(meant).has(typed))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('capitals, hyphens and underscores make no difference', () => {
    expect(
      ['queueTtl', 'queue-ttl', 'QUEUE_TTL', 'queuettl'].map(typed => nearest(typed, ['user', 'queue_ttl'])),
    ).toEqual(Array(4).fill('queue_ttl'));
  });

  test('two typing errors are accepted only in a long word', () => {
    expect(nearest('packt_fliter', ['packet_filter'])).toBe('packet_filter');
    expect(nearest('poet', ['mx', 'ssh', 'role'])).toBe(null);
  });

  test('a word that resembles no key has no suggestion', () => {
    expect(nearest('colour', ['domain', 'tunnel', 'mail', 'hosts'])).toBe(null);
    expect(nearest('', ['mx'])).toBe(null);
    expect(nearest('x'.repeat(100_000), ['mx'])).toBe(null);
  });

  test('the nearest one wins, the first of equals', () => {
    expect(nearest('carinhos', ['carinha', 'carinho'])).toBe('carinho');
    expect(nearest('hort', ['port', 'host'])).toBe('port');
  });
});

function slipped(key: string, at: number, letter: string, kind: number): string {
  const [before, after] = [key.slice(0, at), key.slice(at)];
  if (kind === 0) return before + letter + after;
  if (kind === 1) return key.length > 2 ? before + after.slice(1) : key + letter;
  if (kind === 2) return before + letter + after.slice(1);
  return before + [...after.slice(0, 2)].reverse().join('') + after.slice(2);
}

function slipsOf(key: string): Set<string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz_'];
  const places = [...key].map((_, at) => at);
  return new Set([
    key,
    ...[0, 1, 2, 3].flatMap(kind => places.flatMap(at => letters.map(letter => slipped(key, at, letter, kind)))),
  ]);
}
