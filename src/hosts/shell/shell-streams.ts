/** A shell as a stream of bytes, wherever it runs. */
import type { Readable, Writable } from 'node:stream';

/** How a shell ended. */
export interface Ending {
  /** What ended: the shell itself, or the connection to it, which says nothing about the shell. */
  readonly of: 'shell' | 'connection';
  /** `it ended with exit status 1`, `the connection was reset`. */
  readonly how: string;
}

/** A /bin/sh that has nothing to do yet, wherever it runs. */
export interface ShellStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, never rejects, once the shell is gone. */
  readonly ended: Promise<Ending>;
  /** Lets go of the shell and of what leads to it. */
  close(): Promise<void>;
}

/** What a session over a shell goes by. */
export interface ShellOptions {
  readonly become: 'doas' | null;
  /** Shell functions for all sections of the session; sent with the first frame. */
  readonly prelude?: string;
  /** Without a byte for so long while an answer is due, the session is given up. 60 where not given. */
  readonly silenceSeconds?: number;
  /** A section that goes on for so long, with a byte now and then, is given up as well. 600 where not given. */
  readonly longestSeconds?: number;
}
