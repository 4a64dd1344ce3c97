/** The beginning of a command that asks hosts: it connects to them while the rest of the program is loaded. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fleet } from '../hosts/fleet.ts';
import type { Published } from '../run/resource.ts';
import { type Connections, connectionsTo } from './connections.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { providedParts } from './provided.ts';
import { CONCURRENCY, type CommonOptions, type Terminal } from './terminal.ts';

/**
 * Loads parts of the program one after the other. Loading keeps the processor busy; between two parts, the output of ssh
 * and of hosts is handled, which would otherwise wait until everything is loaded.
 */
export async function loading(...parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const part of parts) {
    await nextTurn();
    await part();
  }
  await nextTurn();
}

/** What a command has after its beginning. */
export interface Begun {
  readonly fleet: Fleet;
  readonly connections: Connections;
  /** Published values that no host makes. */
  readonly provided: Published;
}

/**
 * Reads the inventory and connects to the first hosts.
 * @param checked checks the remaining options, before any host is contacted.
 * @throws Failure or InventoryErrors for wrong usage, before any host is contacted.
 */
export async function begin(
  inventory: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
  checked: (fleet: Fleet) => Promise<void> = async () => {},
): Promise<Begun> {
  const fleet = await loadFleet(inventory, terminal);
  chosenHosts(fleet, options);
  if (fleet.hosts.length > CONCURRENCY) (await import('./memory.ts')).keepMemorySmall();
  await checked(fleet);
  const provided = await providedParts(fleet, terminal);
  const connections = connectionsTo(fleet);
  // The hosts can work while the following code is loaded, which takes the processor.
  await connections.begin(options.concurrency ?? CONCURRENCY);
  return { fleet, connections, provided };
}
