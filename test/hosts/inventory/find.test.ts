import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findInventory } from '../../../src/hosts/inventory.ts';
import { Failure } from '../../../src/run/failure.ts';
import { article } from '../inventories.ts';

describe('which inventory is meant', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailtun-'));
    for (const place of ['argument', 'variable', 'plain', 'nested', 'empty'])
      mkdirSync(join(folder, place, 'inventory'), { recursive: true });
    for (const place of [
      'argument/own.yaml',
      'argument/inventory.yaml',
      'variable/inventory.yaml',
      'plain/inventory.yaml',
      'plain/inventory/inventory.yaml',
      'nested/inventory/inventory.yaml',
    ]) {
      writeFileSync(join(folder, place), article);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const found = (argument: string | undefined, variable: string | undefined, place: string) =>
    findInventory(argument, variable === undefined ? {} : { MAILTUN_INVENTORY: variable }, join(folder, place)).slice(
      folder.length + 1,
    );

  test('the one on the command line comes before all others', () => {
    expect(found('own.yaml', 'inventory.yaml', 'argument')).toBe('argument/own.yaml');
  });

  test('then comes the one in MAILTUN_INVENTORY, which is unset if it is empty', () => {
    expect(found(undefined, '../argument/own.yaml', 'variable')).toBe('argument/own.yaml');
    expect(found(undefined, '', 'variable')).toBe('variable/inventory.yaml');
  });

  test('then come inventory.yaml and inventory/inventory.yaml', () => {
    expect(found(undefined, undefined, 'plain')).toBe('plain/inventory.yaml');
    expect(found(undefined, undefined, 'nested')).toBe('nested/inventory/inventory.yaml');
  });

  test('in the current folder its name is kept as it was written', () => {
    expect(findInventory('inventory/example.yaml', {}, process.cwd())).toBe('inventory/example.yaml');
  });

  test('if there is none, the error names mailtun init', () => {
    const failure = failureOf(() => found(undefined, undefined, 'empty'));
    expect(failure).toMatchObject({
      what: 'no inventory: neither inventory.yaml nor inventory/inventory.yaml exists',
      where: join(folder, 'empty'),
    });
    expect(failure.remedy).toContain('mailtun init');
  });

  test('a named one that does not exist or is a directory is not replaced by another', () => {
    expect(failureOf(() => found('no.yaml', undefined, 'plain')).what).toBe('there is no file no.yaml');
    expect(failureOf(() => found(undefined, 'no.yaml', 'plain'))).toMatchObject({
      what: 'there is no file no.yaml',
      where: 'MAILTUN_INVENTORY',
    });
    expect(failureOf(() => found('inventory', undefined, 'plain')).what).toBe('inventory is a directory');
  });

  function failureOf(find: () => unknown): Failure {
    try {
      find();
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error('an inventory was found');
  }
});
