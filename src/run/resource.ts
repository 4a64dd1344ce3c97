/**
 * The types of a run. A resource has questions for the host and a judgement of the answers: no change, or a change as data.
 * --check, provision, status and render all use this.
 */
import type { ReasonCode } from '../codes/reasons.ts';
import type { Command } from './command.ts';
import type { Fact } from './fact.ts';

/** A question of a resource. Equal questions of several resources are asked once. */
export type Question =
  /** `hash` and `stat` keep a secret's text on its host. */
  | { readonly kind: 'file'; readonly path: string; readonly want: 'content' | 'hash' | 'stat' }
  | { readonly kind: 'run'; readonly name: string; readonly command: Command };

/** A file on a host, as stat(1) prints it. */
export interface FileState {
  readonly path: string;
  readonly type: 'missing' | 'file' | 'directory' | 'link' | 'other';
  /** Four octal digits: `0640`. Empty where missing, as are owner and group. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Null unless asked for, and where there is not a plain file. */
  readonly content: Buffer | null;
  /** SHA-256 in lower-case hex; null as `content` is. */
  readonly sha256: string | null;
  /** Of a file that a power cut has emptied: the newest good copy that was kept. */
  readonly kept?: Buffer | null;
  /** Names of its flags that keep it from being replaced, as chflags(1) has them. */
  readonly flags?: readonly string[];
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

/** What a judgement may use besides the host's own answers. */
export interface World {
  /**
   * A public part made on a host: a public key, a certificate, a password's hash.
   * @throws NotPublished while that host has not made it.
   */
  published(host: string, key: string): string;
  /** Whether a part has been made, and is known by now. */
  knows(host: string, key: string): boolean;
  /** Whether a part is unavailable in this run: its host could not be asked, and no other one remembers it. */
  lacks(host: string, key: string): boolean;
  /** Whether a resource that was judged earlier in this plan is going to change. */
  willChange(resource: string): boolean;
  /** Whether this run has changed a resource, and `other` not since. */
  hasChanged(resource: string, other: string): boolean;
  /** @throws NotPublished while a resource judged earlier in this plan waits for another host. */
  ready(resource: string): void;
  /** Milliseconds since 1970, for dates in certificates. */
  readonly now: number;
}

/** One step on the host, run only if all before it succeeded. */
export interface Step {
  /** For people, in the present tense: `writes /etc/ntpd.conf`. */
  readonly label: string;
  /** Keeps what the step replaces and writes what it will rename; the stages of all steps are run before the first step. */
  readonly stage?: Command;
  readonly command: Command;
}

/** What has to be done for a resource. */
export interface Change {
  readonly resource: string;
  /** One for each reason; decisions use these. */
  readonly codes: readonly ReasonCode[];
  /** For people: `content differs`, `mode 0644, wanted 0640`. */
  readonly why: string;
  readonly steps: readonly Step[];
  /** Before and after, for --diff; null if it is secret or there is no text. */
  readonly diff: { readonly path: string; readonly before: string; readonly after: string } | null;
  /** Whether the content changes; mode or owner alone restart nothing. */
  readonly rewrites: boolean;
  /** A file that mailtun did not write and that this change would replace. */
  readonly takesOver: string | null;
  /**
   * `lockout`: the change can cut the connection of the run, so it is made under a dead-man switch; `undone with lockout`: it
   * is rolled back together with such a change; `next boot`: the running system does not read it, so it is made after the
   * running state is confirmed.
   */
  readonly risk: 'lockout' | 'undone with lockout' | 'next boot' | null;
  /** Whether a risky change ends connections between hosts: nothing may be in transit over them then. */
  readonly cutsConnections?: boolean;
}

/** The text of a file; empty where there is none. */
export const textOf = (observed: Observed, path: string): string => observed.file(path).content?.toString('utf8') ?? '';

/** A file that a resource wants, for `render`. */
export interface WantedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** Something that a host has: the questions about it, and the change that follows from the answers. */
export interface Resource {
  /** Unique on its host: a path, `service ntpd`, `interface em0`. */
  readonly id: string;
  readonly questions: readonly Question[];
  /** Pure. Null: no change needed. @throws NotPublished, HeldBack, or Failure if no change can help. */
  judge(observed: Observed, world: World): Change | null;
  /** Public parts that others wait for; a resource that has this is made in the first stage. Pure. */
  readonly publish?: (observed: Observed) => Readonly<Record<string, string>>;
  /** Public parts of other hosts that an earlier run has installed here: used while those cannot be asked. Pure. */
  readonly recall?: (observed: Observed) => Published;
  /** What mailtun did not write and this resource would replace; null for none. */
  readonly foreign?: (observed: Observed) => string | null;
  /** What a change would remove, as far as it is known while the judgement waits for another host. Pure. */
  readonly loses?: (observed: Observed) => string | null;
  /**
   * A sentence about a neighbour that a change would cut off permanently although it may still be needed; has to be allowed.
   * Pure.
   */
  readonly leaves?: (observed: Observed, world: World) => string | null;
  /** Sentences for people about what a change does not repair. Pure. */
  readonly notes?: (observed: Observed) => readonly string[];
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

/** A difference that is left as it is until another host can be changed as well. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack';

  /** @param what `recipient ana@example.com`. @param until the condition: `namorar is changed as well`. */
  constructor(
    readonly what: string,
    readonly until: string,
  ) {
    super(`${what} is held back`);
  }
}

/** A change with a further reason, and what has to be done for that. */
export const andAlso = (one: Change, more: Pick<Change, 'codes' | 'why'> & Partial<Pick<Change, 'steps'>>): Change => ({
  ...one,
  codes: [...one.codes, ...more.codes],
  why: `${one.why}; ${more.why}`,
  steps: [...one.steps, ...(more.steps ?? [])],
});

/** Why a resource has to change: a code for programs and a text for people. */
export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

/** Makes a Reason. */
export const reason = (code: ReasonCode, text: string): Reason => ({ code, text });

/** Makes a Change, with the usual values for the rest. */
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
