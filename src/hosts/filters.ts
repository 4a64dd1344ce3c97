/** What an inventory says about junk, and about other connections through the tunnel. Plain data. */

/** `log` accepts the mail and writes to the mail log. */
export type FilterAction = 'reject' | 'junk' | 'log';

/** A program that implements smtpd-filters(7); names are in lower case. */
export interface FilterProgram {
  readonly name: string;
  readonly command: string;
  /** Null: _smtpd. */
  readonly user: string | null;
  /** Null: the user's. */
  readonly group: string | null;
}

/** What a relay does about junk. */
export interface Filters {
  /** Null: not checked. */
  readonly rdns: FilterAction | null;
  readonly fcrdns: FilterAction | null;
  readonly lists: readonly {
    readonly kind: 'block' | 'block_senders' | 'block_helo';
    /** On the machine that runs mailtun. */
    readonly path: string;
    readonly action: FilterAction;
  }[];
  /** For mail from the internet. */
  readonly programs: readonly FilterProgram[];
  /** For mail that leaves. */
  readonly outbound: readonly FilterProgram[];
}

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
