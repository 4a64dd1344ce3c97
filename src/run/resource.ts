/**
 * The types of a run. A resource is a question for the host and a judgement of the answer; the judgement is
 * nothing or a change, and a change is data. Checking, provisioning, status and rendering are all uses of that.
 */
import type { ReasonCode } from '../codes/reasons.ts';
import type { Command } from './command.ts';
import type { Fact } from './fact.ts';

/** What a resource wants to know. Equal questions of several resources are asked once. */
export type Question =
  /** `hash` and `stat` keep a secret's text on its host. */
  | { readonly kind: 'file'; readonly path: string; readonly want: 'content' | 'hash' | 'stat' }
  | { readonly kind: 'run'; readonly name: string; readonly command: Command };

/** What is at a path, as stat(1) printed it. */
export interface FileState {
  readonly path: string;
  readonly type: 'missing' | 'file' | 'directory' | 'link' | 'other';
  /** Four octal digits: `0640`. Empty where missing, as are owner and group. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Null unless asked for, and where there is not a plain file. */
  readonly content: Buffer | null;
  /** SHA-256 in lower-case hex, likewise. */
  readonly sha256: string | null;
  /** Of a file that a power cut has emptied: the newest good copy that is kept of it. */
  readonly kept?: Buffer | null;
}

/** The host's answers to every question of its resources. */
export interface Observed {
  /** @throws Error for a path that no resource asked about. */
  file(path: string): FileState;
  /** @throws Error for a fact that no resource asked, or of whose name another script was run. */
  get<T>(fact: Fact<T>): T;
}

/** Public parts by `host` and `key`, as far as they are known. */
export type Published = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** What a judgement may look at besides the host's own answers. */
export interface World {
  /**
   * A public part made on a host: a public key, a certificate, a password's hash.
   * @throws NotPublished while that host has not made it.
   */
  published(host: string, key: string): string;
  /** Whether a part can't be had in this run: its host could not be asked, and no other one remembers the part. */
  lacks(host: string, key: string): boolean;
  /** Whether what a resource judged earlier in this plan holds is going to be different. */
  willChange(resource: string): boolean;
  /** @throws NotPublished while a resource judged earlier in this plan waits for another host. */
  ready(resource: string): void;
  /** Milliseconds since 1970, for dates in certificates. */
  readonly now: number;
}

/** One move on the host, run only while all before it went well. */
export interface Step {
  /** For people, in the present tense: `writes /etc/ntpd.conf`. */
  readonly label: string;
  /** Keeps what the step replaces, and writes what it will rename; run for all steps of an exchange before the first. */
  readonly stage?: Command;
  readonly command: Command;
}

/** What has to happen so that a resource is as wanted. */
export interface Change {
  readonly resource: string;
  /** One for each reason; decisions look at these. */
  readonly codes: readonly ReasonCode[];
  /** For people: `content differs`, `mode 0644, wanted 0640`. */
  readonly why: string;
  readonly steps: readonly Step[];
  /** Before and after, for --diff; null where a secret would show or there is no text. */
  readonly diff: { readonly path: string; readonly before: string; readonly after: string } | null;
  /** Whether what is read there will be different; a mode or an owner alone restarts nothing. */
  readonly rewrites: boolean;
  /** A file somebody else wrote that this change would replace. */
  readonly takesOver: string | null;
  /**
   * `lockout`: the change can cut the connection that a run uses, so it is made under a dead-man switch; `undone with
   * lockout`: what the switch puts back together with such a change; `next boot`: the running system does not read it,
   * so it waits until the running state is confirmed.
   */
  readonly risk: 'lockout' | 'undone with lockout' | 'next boot' | null;
  /** Whether a change that is risky ends connections between hosts: nothing that is sent over them is to be under way then. */
  readonly cutsConnections?: boolean;
}

/** A file that a resource wants, for `render`. */
export interface WantedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** A thing that a host is to have: what has to be asked about it, and what follows from the answers. */
export interface Resource {
  /** Unique on its host: a path, `service ntpd`, `interface em0`. */
  readonly id: string;
  readonly questions: readonly Question[];
  /** Pure. Null: as wanted. @throws NotPublished, or Failure where no change could help. */
  judge(observed: Observed, world: World): Change | null;
  /** Public parts that others wait for; a resource that has this is made in the first stage. Pure. */
  readonly publish?: (observed: Observed) => Readonly<Record<string, string>>;
  /** Other hosts' public parts as an earlier run brought them here: good for as long as those can't be asked. Pure. */
  readonly recall?: (observed: Observed) => Published;
  /** The path of a file, or what else, that somebody else made and that this resource would replace; null where there is none. */
  readonly foreign?: (observed: Observed) => string | null;
  /** What a change would take away, as far as it is known while the judgement waits for another host. Pure. */
  readonly loses?: (observed: Observed) => string | null;
  /** A neighbour that a change would cut off for good although it may still be needed, in a sentence; it needs leave. Pure. */
  readonly leaves?: (observed: Observed, world: World) => string | null;
  /** Files wanted, for `render`. Pure. */
  readonly wants?: (world: World) => readonly WantedFile[];
}

/** The same resource, made in the first stage, as what others wait for. */
export const madeFirst = (resource: Resource): Resource => ({ ...resource, publish: () => ({}) });

/** A judgement needs what another host has not made yet, or could not be asked for. */
export class NotPublished extends Error {
  override readonly name = 'NotPublished';

  constructor(
    readonly host: string,
    readonly key: string,
  ) {
    super(`${host} has not made its ${key} yet`);
  }
}

/** Why a resource has to change: a code for programs and a text for people. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

/** A Reason. */
export const reason = (code: ReasonCode, text: string): Reason => ({ code, text });

/** A change with nothing special about it. */
export const change = (
  resource: string,
  why: Reason | readonly Reason[],
  steps: readonly Step[],
  more: Partial<Pick<Change, 'rewrites' | 'diff' | 'takesOver' | 'risk' | 'cutsConnections'>> = {},
): Change => {
  const reasons = [why].flat();
  return {
    resource,
    codes: reasons.map(one => one.code),
    why: reasons.map(one => one.text).join('; '),
    steps,
    rewrites: true,
    diff: null,
    takesOver: null,
    risk: null,
    ...more,
  };
};
