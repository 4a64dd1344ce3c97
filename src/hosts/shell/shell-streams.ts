/** A shell as a stream of bytes, wherever it runs. */
import type { Readable, Writable } from 'node:stream';

/** How a shell ended. */
export interface Ending {
  /** What ended: the shell itself, or only the connection to it. */
  readonly of: 'shell' | 'connection';
  /** `it ended with exit status 1`, `the connection was reset`. */
  readonly how: string;
}

/** How a shell ended that was not killed. */
export const exitText = (exit: number | null): string => `it ended with exit status ${exit}`;

/** A /bin/sh that reads commands, wherever it runs. */
export interface ShellStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, and never rejects, when the shell has ended. */
  readonly ended: Promise<Ending>;
  /** Closes the shell and the connection to it. */
  close(): Promise<void>;
}

/** Options of a session over a shell. */
export interface ShellOptions {
  readonly become: 'doas' | null;
  /** Shell functions for all sections of the session; sent with the first frame. */
  readonly prelude?: string;
  /** The session is given up if no byte arrives for so long while an answer is due; the default is 60. */
  readonly silenceSeconds?: number;
  /** So is a section that takes longer than this, whatever it prints meanwhile; the default is 600. */
  readonly longestSeconds?: number;
}
