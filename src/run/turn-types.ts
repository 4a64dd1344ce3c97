/** The members of a turn and what each of them does, as data. */

import type { Command } from './command.ts';
import type { Observed } from './resource.ts';
import type { Verification } from './target.ts';

/** Public keys by host. */
export type PublicKeys = ReadonlyMap<string, string>;

/** The new keys of a host. */
export interface NewKeys {
  /** Base64; null where the host keeps its key. */
  readonly publicKey: string | null;
  /** Text of keys that two hosts share, by file. Secret. */
  readonly preshared: ReadonlyMap<string, string>;
}

/** The public keys before a turn and after it. */
export interface KeyChange {
  readonly old: PublicKeys;
  readonly new: PublicKeys;
}

/** A host that takes part in a turn. */
export interface Member {
  readonly host: string;
  /** Whether its key is replaced; otherwise it gets another host's new key. */
  readonly rotates: boolean;
  readonly switchesFirst: boolean;
  /** What does not work even before the turn, so that nothing could be verified; null if all works. */
  readonly obstacle: (observed: Observed) => { readonly what: string; readonly remedy: string } | null;
  /** Makes the new keys beside the old ones, under the dead-man switch. */
  readonly prepare: (seconds: number) => Command;
  /** What that printed. @throws Failure. */
  readonly read: (text: string) => NewKeys;
  /** Stages what the switch and the settling need. @param made on all members, by host. */
  readonly ready: (keys: KeyChange, made: ReadonlyMap<string, NewKeys>, observed: Observed | null) => Command;
  /** That the new keys work. */
  readonly verification: (keys: PublicKeys) => Verification;
}
