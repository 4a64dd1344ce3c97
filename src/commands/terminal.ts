/** Where a command's words go. */
export interface Terminal {
  /** The result. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  /** Somebody sits in front of it: cursor movements, colours and questions are welcome. */
  readonly interactive: boolean;
  /** Of the terminal that the result goes to, as wide as it is now; undefined where that is none. */
  readonly columns?: number | undefined;
  /** A yes or no from whoever sits there; false where nobody does. */
  readonly confirm: (question: string) => Promise<boolean>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Exit statuses, a contract: see mailtun(1). */
export const EXIT = { well: 0, failed: 1, unwell: 2, usage: 64, interrupted: 130 } as const;

/** What all commands that reach hosts understand. */
export interface CommonOptions {
  readonly host?: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly concurrency?: number;
}

/** Hosts worked on at the same time where nobody says otherwise; the others wait for their turn. */
export const CONCURRENCY = 20;
