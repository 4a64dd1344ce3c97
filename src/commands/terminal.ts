/** The terminal and the environment of a command. */
export interface Terminal {
  /** Prints the result. */
  readonly out: (text: string) => void;
  /** Prints everything else. */
  readonly err: (text: string) => void;
  /** Whether a person uses it, so that cursor movements, colours and questions are allowed. */
  readonly interactive: boolean;
  /** The present width of the terminal that gets the result; undefined where it is not a terminal. */
  readonly columns?: number | undefined;
  /** Asks for a yes or no; false where there is nobody to ask. */
  readonly confirm: (question: string) => Promise<boolean>;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Exit statuses, a contract: see mailtun(1). */
export const EXIT = { well: 0, failed: 1, unwell: 2, usage: 64, interrupted: 130 } as const;

/** Options of all commands that contact hosts. */
export interface CommonOptions {
  readonly host?: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly concurrency?: number;
}

/** Runs a command on an inventory. Resolves to the exit status. */
export type Act<Options extends CommonOptions> = (
  inventory: string | undefined,
  options: Options,
  terminal: Terminal,
) => Promise<number>;

/** The default of --concurrency: how many hosts are worked on at the same time. */
export const CONCURRENCY = 20;
