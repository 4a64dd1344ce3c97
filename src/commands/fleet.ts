/** The inventory that a command line names, and which of its hosts. */
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Fleet } from '../hosts/fleet.ts';
import { warningsOf } from '../hosts/fleet-warnings.ts';
import { nearest } from '../hosts/inventory/did-you-mean.ts';
import { quoted } from '../hosts/inventory/errors.ts';
import { findInventory, readInventory, STDIN } from '../hosts/inventory.ts';
import { Failure } from '../run/failure.ts';
import type { CommonOptions, Terminal } from './terminal.ts';

/** Reads the inventory, and prints its warnings. @throws Failure or InventoryErrors, before any host is contacted. */
export async function loadFleet(argument: string | undefined, terminal: Terminal): Promise<Fleet> {
  const path = findInventory(argument, terminal.env, terminal.cwd);
  const text = await (path === STDIN ? textOf(process.stdin) : readFile(path, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Failure(
        'inventory-unreadable',
        `cannot be read: ${error.code ?? error.message}`,
        path,
        'name an inventory that can be read',
      );
    },
  );
  const fleet = readInventory(path, text);
  for (const warning of warningsOf(fleet)) terminal.err(`mailtun: ${path}: ${warning}\n`);
  return fleet;
}

/** The chosen names, or all. @throws Failure for an unknown one. */
export function chosen(
  noun: string,
  wanted: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> {
  const unknown = wanted?.find(name => !known.includes(name));
  if (unknown === undefined) return new Set(wanted && wanted.length > 0 ? wanted : known);
  const meant = nearest(unknown, known);
  throw new Failure(
    'usage',
    `there is no ${noun} ${quoted(unknown)}`,
    `--${noun === 'task' ? 'only' : noun}`,
    `${meant === null ? '' : `did you mean ${quoted(meant)}? `}one of ${known.join(', ')}`,
  );
}

/** The names of --host, or all hosts. @throws Failure for one that is not in the inventory. */
export const chosenHosts = (fleet: Fleet, { host }: CommonOptions): ReadonlySet<string> =>
  chosen(
    'host',
    host,
    fleet.hosts.map(({ name }) => name),
  );
