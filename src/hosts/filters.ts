/** What an inventory says about junk, and about other connections through the tunnel. Plain data. */
import type { filtersFrom } from './inventory/filters-schema.ts';

export type { FilterAction, FilterProgram } from './inventory/filters-schema.ts';

/** What a relay does about junk. */
export type Filters = Readonly<ReturnType<typeof filtersFrom>>;

/** Connections through a tunnel, from one side of it to ports of the other. */
export interface Pass {
  /** Inventory names of the tunnel's ends. */
  readonly relay: string;
  readonly gateway: string;
  /** `ADDRESS/LENGTH` of hosts behind the gateway; null: the gateway itself. */
  readonly behind: string | null;
  /** Which side opens the connection. */
  readonly begins: 'relay' | 'gateway';
  readonly proto: 'tcp' | 'udp';
  /** As pf.conf(5) writes them: `443`, `8000:8100`. */
  readonly ports: readonly string[];
}
