/**
 * How a host gets back to where it was, besides its files: what the resources bring for what they change. All of it is
 * constant shell text, and the same for every run, since a run may have to put back what another one has changed.
 */

/** A kind of thing that runs on a host and is kept beside the files. */
export interface KeptKind {
  /** One word; the list of kept things and `keep_running NAME THING` have it. */
  readonly name: string;
  /**
   * Shell commands that set `state`, one word, to how the thing "$3" is; `absent` where there is none. They may write
   * more of it into "$1/NAME.$3".
   */
  readonly keep: string;
  /** Defines the function `restore_NAME THING STATE SAVED`; SAVED is the path of what `keep` has written. */
  readonly restore: string;
  /** Whether `keep` writes more than a state. */
  readonly saves?: boolean;
  /** Whether going back can cut off access; else it is put back after everything that can. */
  readonly isRisky?: boolean;
  /** Whether going back may end connections between hosts. */
  readonly cutsConnections?: boolean;
}

/**
 * A change that is made ready beside what is in use and then switched to at once. The files of `staged` in the armed
 * folder are renamed once it has worked.
 */
export interface StagedSwitch {
  /** Defines the function `switch_works`: exit status 0 where what was switched to works. */
  readonly works: string;
  /** Patterns of files that were made ready; they go where the list of them was lost. */
  readonly leftovers: string;
  /** What it is, and how it ends, for people: within double quotes of sh(1), so without anything special there. */
  readonly what: string;
  readonly unswitched: string;
  readonly kept: string;
  readonly undone: string;
}

/** Everything that hosts can put back besides files. */
export interface Rollback {
  readonly kinds: readonly KeptKind[];
  readonly staged: StagedSwitch;
  /**
   * Defines the functions `hold`, which stops what this host sends to others, waits some seconds at most until nothing of
   * it is under way, and leaves HELD_FILE; and `release`, which resumes it where that file is, whoever has left it.
   */
  readonly traffic: string;
  /** Commands that check a file which was put back, before anything reads it; by path. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Patterns of what is saved beside the lists of kept things, as sh(1) expands them. */
export const savedIn = (folder: string, { kinds }: Rollback): string =>
  kinds
    .filter(kind => kind.saves)
    .map(kind => `${folder}/${kind.name}.?*`)
    .join(' ');
