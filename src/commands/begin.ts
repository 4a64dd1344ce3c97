/** How a command that asks hosts begins: hosts are being connected to while the rest of the program is loaded. */
import type { Fleet } from '../hosts/fleet.ts';
import type { Published } from '../run/resource.ts';
import { type Connections, connectionsTo } from './connections.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { providedParts } from './provided.ts';
import { CONCURRENCY, type CommonOptions, type Terminal } from './terminal.ts';

/** A run that has begun. */
export interface Begun {
  readonly fleet: Fleet;
  readonly connections: Connections;
  /** Public parts that no host makes. */
  readonly provided: Published;
}

/**
 * @param checked what else can be wrong with what was asked for: looked at before any host is contacted.
 * @throws Failure or InventoryErrors for wrong usage: nothing has been contacted then.
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
  // What comes next takes the processor; so the hosts are given something to do first.
  await connections.begin(fleet.hosts.slice(0, options.concurrency ?? CONCURRENCY));
  return { fleet, connections, provided };
}
