import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { Failure } from '../run/failure.ts';
import type { Fleet } from './fleet.ts';
import { checkTogether } from './inventory/checks.ts';
import { type Finding, InventoryErrors, type Problem, pathText } from './inventory/errors.ts';
import { fleetFrom } from './inventory/fleet.ts';
import type { Inventory } from './inventory/schema.ts';
import { fitted, prune } from './inventory/schema-findings.ts';
import { type Site, siteOf } from './inventory/site.ts';
import { type Reading, readYaml } from './inventory/yaml.ts';
import { codeOf } from './system-error.ts';

/**
 * Reads an inventory (mailtun.yaml(5)). Contacts nobody and reads no file.
 * @param path as the user gave it: it appears in messages, and files named in the inventory are relative to it
 * @param text content of that file
 * @throws InventoryErrors with all that is wrong, in the order of the lines; nothing else, whatever the text
 */
export function readInventory(path: string, text: string): Fleet {
  const problems: Problem[] = [];
  const reading = readYaml(text.replace(/^\ufeff/, ''), problem => problems.push(problem));
  const found = reading === null ? null : checked(reading, problems);
  if (problems.length > 0 || !found?.inventory) throw new InventoryErrors(path, problems.toSorted(byPlace));
  return fleetFrom(found.inventory, found.site, path, homedir());
}

const byPlace = (one: Problem, other: Problem): number => one.line - other.line || one.column - other.column;

/** An inventory, null where it does not fit the schema, and how its hosts belong together; null where nothing is known. */
function checked(reading: Reading, problems: Problem[]): { inventory: Inventory | null; site: Site } | null {
  const { value } = reading;
  const report = ({ path, at = 'value', what, remedy }: Finding) =>
    problems.push({ ...reading.positionOf(path, at), path: pathText(path), what, remedy });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = value === null ? 'the file is empty' : 'this is not a mapping of keys to values';
    report({ path: [], what, remedy: 'begin with domain: example.com; mailtun init writes a first inventory' });
    return null;
  }
  const { inventory, findings } = fitted(value);
  // What is not YAML at all is not checked further.
  const known = new Set(problems.map(({ path }) => path));
  for (const finding of findings) if (!known.has(pathText(finding.path))) report(finding);
  prune(value, findings);
  const site = siteOf(value);
  checkTogether(site, report);
  return { inventory, site };
}

/** Stands for standard input, as in many programs. */
export const STDIN = '-';

const usualPlaces = ['inventory.yaml', 'inventory/inventory.yaml'];

/**
 * Which inventory is meant: the one named on the command line, else `$MAILTUN_INVENTORY`, else `inventory.yaml`, else
 * `inventory/inventory.yaml` in `cwd`. As it was written where that leads to the file, else with `cwd` before it.
 * @throws Failure where there is none, naming `mailtun init`
 */
export function findInventory(argument: string | undefined, env: NodeJS.ProcessEnv, cwd: string): string {
  if (argument === STDIN) return STDIN;
  const named = argument ?? env.MAILTUN_INVENTORY;
  if (named !== undefined && named !== '') {
    const where = argument === undefined ? 'MAILTUN_INVENTORY' : named;
    const kind = kindOf(named, cwd);
    if (kind === 'file') return readable(named, cwd);
    const what = kind === null ? `there is no file ${named}` : `${named} is a directory`;
    throw new Failure(
      'inventory-unreadable',
      what,
      where,
      'name an inventory that exists, or write one with "mailtun init"',
    );
  }
  const found = usualPlaces.find(place => kindOf(place, cwd) === 'file');
  if (found !== undefined) return readable(found, cwd);
  const what = `no inventory: neither ${usualPlaces.join(' nor ')} exists`;
  throw new Failure(
    'inventory-unreadable',
    what,
    cwd,
    'write one with "mailtun init", or name one on the command line or in MAILTUN_INVENTORY',
  );
}

const readable = (path: string, cwd: string): string => (cwd === process.cwd() ? path : resolve(cwd, path));

/** A device or a pipe counts as a file: `<(…)` of a shell is a good inventory. */
function kindOf(path: string, cwd: string): 'file' | 'folder' | null {
  try {
    return statSync(resolve(cwd, path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Failure(
      'inventory-unreadable',
      `it cannot be read: ${code}`,
      path,
      'make it and the directories above it readable for you',
    );
  }
}
