/**
 * How everything but files is rolled back on a host: the resources provide it for what they change. All of it is constant shell
 * text, the same for every run, because a run may have to roll back what another one has changed.
 */

/** A kind of running state that is kept in addition to files. */
export interface KeptKind {
  /** One word, as in the list of kept things and in `keep_running NAME THING`. */
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
  /** Whether restoring it can cut off access; what cannot is restored last. */
  readonly isRisky?: boolean;
  /** Whether restoring it may end connections between hosts. */
  readonly cutsConnections?: boolean;
}

/**
 * A change that is prepared beside what is in use and then switched to at once. The files listed in `staged` in the armed
 * directory are renamed after it was verified.
 */
export interface StagedSwitch {
  /** Defines the function `switch_works`: exit status 0 where what was switched to works. */
  readonly works: string;
  /** Patterns of prepared files; they are removed if their list was lost. */
  readonly leftovers: string;
  /** What it is, and how it ends, for people: within double quotes of sh(1), so without anything special there. */
  readonly what: string;
  readonly unswitched: string;
  readonly kept: string;
  readonly undone: string;
}

/** Everything that hosts can roll back besides files. */
export interface Rollback {
  readonly kinds: readonly KeptKind[];
  readonly staged: StagedSwitch;
  /**
   * Defines the functions `hold`, which stops sending to other hosts, waits some seconds at most until nothing is in
   * transit, and creates HELD_FILE; and `release`, which resumes sending if that file exists.
   */
  readonly traffic: string;
  /**
   * Defines the functions `stop_for FROM [FIRST]`, which stops what must not go on while the files kept in FROM are put back, and
   * fails where what it leaves behind does not fit them; with FIRST only what would start again, having set `$stopped` and run
   * FIRST; and `start_again`, which starts what `stop_for` has stopped, unless it runs, or did not before and `$restored` is not
   * empty: then everything in `$from` has been restored.
   */
  readonly stopping: string;
  /**
   * Commands that check a restored file before anything reads it, by path; and what reads it, as in the list of kept things:
   * a file that it does not read, because it is kept as stopped, goes back even if it is refused.
   */
  readonly checks: Readonly<Record<string, { readonly command: string; readonly reader: string }>>;
}

/** Patterns of what is saved beside the lists of kept things, as sh(1) expands them. */
export const savedIn = (folder: string, { kinds }: Rollback): string =>
  kinds
    .filter(kind => kind.saves)
    .map(kind => `${folder}/${kind.name}.?*`)
    .join(' ');
