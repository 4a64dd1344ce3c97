/** What an inventory says of junk, and of what else may pass the tunnel. Plain data. */

/** `log` lets the mail pass and says so in the mail log. */
export type FilterAction = 'reject' | 'junk' | 'log';

/** A program that speaks smtpd-filters(7); names are in lower case. */
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
  /** Null: not asked. */
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

/** Connections that begin at one end of a tunnel and lead to ports of the other. */
export interface Pass {
  /** Inventory names: one is a relay, the other a gateway. */
  readonly from: string;
  readonly to: string;
  readonly proto: 'tcp' | 'udp';
  readonly ports: readonly number[];
}
