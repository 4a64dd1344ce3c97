import { createHash } from 'node:crypto';
import { SHIPPED_SUMS } from '../facts/shipped-sums.ts';
import { bytesOf, escaped, hasBytes, textFrom } from '../run/bytes.ts';
import { type Command, command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { isDamaged, isLost, lostReason } from '../run/lost.ts';
import {
  type Change,
  change,
  type FileState,
  type Observed,
  type Question,
  type Resource,
  reason,
  type Step,
  type World,
} from '../run/resource.ts';
import { STAGE_TEXTS } from '../run/staging.ts';

/** In every file that mailtun writes as a whole; a file without it was written by somebody else. */
export const MARK = '# Written by mailtun';

/** The first line of a file that mailtun writes. */
export const MARKED = `${MARK}: what is edited here is replaced by the next run.`;

/** A file that has to exist first, and the parts of it that other hosts make. */
export interface Need {
  readonly path: string;
  readonly from: readonly { readonly host: string; readonly key: string }[];
}

/** What a file is to be. */
export interface DesiredFile {
  /** The whole text; `existing` is the current text, empty for none. May throw NotPublished. */
  readonly content: (world: World, existing: string) => string;
  /** Four octal digits. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Its text is not shown in diffs. */
  readonly secret?: boolean;
  /** Adapts the text to the host's answers to further questions; `existing` is null where there is none. May throw Failure. */
  readonly adapts?: {
    readonly questions: readonly Question[];
    readonly content: (wanted: string, existing: string | null, observed: Observed, world: World) => string;
  };
  /** Shell functions that \`accept\` may call: constant text. */
  readonly functions?: string;
  /** Reads the staged file, whose path becomes the last word, and refuses it by its exit status. */
  readonly accept?: readonly string[];
  readonly risk?: Change['risk'];
  /** Other files that `accept` reads, and the published parts that they are made of. */
  readonly needs?: readonly Need[];
  /** It cannot contain the mark, but nobody else writes this file. */
  readonly mine?: boolean;
  /** Whether a file that somebody else wrote means the same. */
  readonly sameAs?: (existing: string, wanted: string) => boolean;
}

/** Mode and owner of a file of root's. @param mode four octal digits. */
export const ofRoot = (mode: string) => ({ mode, owner: 'root', group: 'wheel' }) as const;

/** SHA-256 in lower-case hex. */
export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** A file with all of its text, its mode and its owner. Replaced by rename(2), never written in place. */
export function file(path: string, desired: DesiredFile): Resource {
  const { mode, owner, group } = desired;
  const foreign = (observed: Observed): string | null => {
    const { content } = observed.file(path);
    if (content === null || isLost(content) || desired.mine || content.includes(MARK)) return null;
    return isStock(content, observed.get(SHIPPED_SUMS)) ? null : path;
  };
  return {
    id: path,
    questions: [
      { kind: 'file', path, want: 'content' },
      SHIPPED_SUMS,
      ...(desired.adapts?.questions ?? []),
      ...(desired.needs ?? []).map(need => ({ kind: 'file' as const, path: need.path, want: 'stat' as const })),
    ],
    judge(observed, world) {
      const now = observed.file(path);
      refuseOddities(now);
      const lost = isDamaged(now.content);
      const text = lost ? '' : now.content && textFrom(now.content);
      const plain = desired.content(world, text ?? '');
      const wanted = desired.adapts?.content(plain, text, observed, world) ?? plain;
      for (const need of desired.needs ?? []) waitFor(need, observed, world);
      const same = text !== null && !lost && (text === wanted || (desired.sameAs?.(text, wanted) ?? false));
      if (same) return attributes(now, desired);
      return change(
        path,
        text === null ? reason('file-missing', 'missing') : lostReason(now, reason('file-differs', 'content differs')),
        [putStep(now, desired, wanted)],
        {
          diff: desired.secret ? null : { path, before: text ?? '', after: wanted },
          takesOver: foreign(observed),
          risk: desired.risk ?? null,
        },
      );
    },
    foreign,
    wants: world => [{ path, content: desired.content(world, ''), mode, owner, group }],
  };
}

/** @throws NotPublished while the file is missing because another host has not made its part. */
function waitFor({ path, from }: Need, observed: Observed, world: World): void {
  if (observed.file(path).type !== 'missing' || world.willChange(path)) return;
  for (const { host, key } of from) world.published(host, key);
}

/** Keeps what is at `path` and writes `content` beside it, on a host. */
export const stageText = (path: string, { mode, owner, group }: Attributes, content: string): Command => {
  if (content.includes('\0'))
    throw new Failure(
      'answer-unusable',
      `${path} would hold NUL bytes`,
      path,
      'find out what is wrong with it, and run again',
    );
  const words = [path, mode, owner, group, sha256(bytesOf(content))];
  return command(STAGE_TEXTS, ...words, ...(hasBytes(content) ? ['', escaped(content)] : ['r', content]));
};

/** A step that makes `paths` on the host: `stage` writes them beside their targets, then they are synced and renamed. */
export const made = (stage: Command, ...paths: readonly string[]): Pick<Step, 'stage' | 'command'> => ({
  stage,
  command: command('place "$@"', ...paths),
});

/** Keeps these files before anything is renamed. */
export const keeping = (...paths: readonly string[]): Command =>
  command('for path; do keep "$path" || exit; done', ...paths);

type Attributes = Pick<DesiredFile, 'mode' | 'owner' | 'group'>;

/** The step that writes a file: staged beside its target, checked, renamed; refused if the file is no longer as in `now`. */
export const putStep = (
  now: FileState,
  desired: Attributes & Pick<DesiredFile, 'accept' | 'functions'>,
  content: string,
): Step => ({
  label: `writes ${now.path}`,
  stage: stageText(now.path, desired, content),
  command: command(
    `${desired.functions ?? ''}put "$@"`,
    now.path,
    now.content === null ? 'missing' : sha256(now.content),
    ...(desired.accept ?? []),
  ),
});

/** The change that corrects mode and owner, or null. */
export function attributes(now: Attributes & Pick<FileState, 'path'>, desired: Attributes): Change | null {
  const wrong = [
    now.mode === desired.mode ? [] : `mode ${now.mode}, wanted ${desired.mode}`,
    now.owner === desired.owner && now.group === desired.group
      ? []
      : `owner ${now.owner}:${now.group}, wanted ${desired.owner}:${desired.group}`,
  ].flat();
  if (wrong.length === 0) return null;
  const script = 'keep "$1" && chown "$2" "$1" && chmod "$3" "$1"';
  const step = {
    label: `sets mode and owner of ${now.path}`,
    stage: keeping(now.path),
    command: command(script, now.path, `${desired.owner}:${desired.group}`, desired.mode),
  };
  return change(now.path, reason('file-attributes-differ', wrong.join('; ')), [step], { rewrites: false });
}

/** What a file of the user's is to have so that a daemon can read it as a user of its own; else its mode and owner stay. */
export const readable = ({ mode, owner, group }: Attributes): Attributes => ({
  mode: (Number.parseInt(mode, 8) | 0o444).toString(8).padStart(4, '0'),
  owner,
  group,
});

/** @throws Failure for a link, a directory or a device in place of a plain file. */
export function refuseOddities(now: FileState): void {
  if (now.type === 'missing' || now.type === 'file') return;
  const kind = { link: 'a symbolic link', directory: 'a directory', other: 'not a plain file' }[now.type];
  const what = `${now.path} is ${kind}`;
  throw new Failure('file-type-wrong', what, now.path, 'put a plain file there, or move it out of the way');
}

/** Checksums of OpenBSD 7.6 (recorded); those of other releases are in /var/sysmerge/etcsum on the host. */
const SHIPPED: readonly string[] = [
  '58aab742f65f1ed821041c0c7b13979d365e26355c0837ea5ffa9178a91847a4', // /etc/mail/smtpd.conf
  '479bf4f96743322aa7aa914ca0fcaa993347da9fc7bb210c87a8cd7272a3cbaf', // /etc/pf.conf
  'e8bf75fbff5a51396fc006cd4d5de48bc969203c15bd86f32b4928ac2cee159d', // /etc/mail/aliases
];

const isStock = (content: Buffer, etcsum: string): boolean => {
  const sum = sha256(content);
  return SHIPPED.includes(sum) || etcsum.includes(sum);
};
