/**
 * Files that a power cut has emptied: FFS keeps names, modes and lengths at once and data later, so what was
 * not on the disk is NUL bytes in the right length.
 */
import { textFrom } from './bytes.ts';
import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { script } from './quoting.ts';
import { type FileState, type Observed, type Question, type Reason, reason } from './resource.ts';

/** Whether nothing is left of a file but its length. */
export const isLost = (content: Buffer | null): boolean =>
  content !== null && content.length > 0 && content.every(byte => byte === 0);

/** Whether bytes of it are lost: no text that mailtun reads has NUL bytes. */
export const isDamaged = (content: Buffer | null): boolean => content?.includes(0) ?? false;

/**
 * The text of somebody else's file, to the byte: of one that was lost, the newest copy kept of it; of one that had only
 * grown, what it was before. @throws Failure where neither is known.
 */
export function textOf(now: FileState): string {
  const { content, kept, path } = now;
  const bytes = isLost(content) ? (kept ?? content) : content;
  const text = bytes === null ? '' : textFrom(bytes).replace(/\0+$/, '');
  if ((isLost(content) && !kept) || text.includes('\0'))
    throw new Failure(
      `${path} holds NUL bytes, as after a power cut, and no good copy of it is kept`,
      path,
      `restore ${path} from a backup, or from /etc/examples or /var/backups, and run again`,
    );
  return text;
}

/** Why a file is changed, where it may have been lost. */
export const lostReason = ({ content, kept }: Pick<FileState, 'content' | 'kept'>, why: Reason): Reason =>
  isLost(content)
    ? lost(kept ? 'its kept copy is used' : '')
    : isDamaged(content)
      ? reason('file-lost', 'ends in NUL bytes, as after a power cut')
      : why;

/** The reason of a file that has nothing but NUL bytes in it. @param note what becomes of it. */
export const lost = (note = ''): Reason =>
  reason('file-lost', `holds only NUL bytes, as after a power cut${note === '' ? '' : `; ${note}`}`);

/** Nothing is left of a file, nor of any copy. @param what it is, for people; `remedy` continues with running again. */
export const goneForGood = (what: string, path: string, remedy: string): Failure =>
  new Failure(
    `${what} holds only NUL bytes, as after a power cut, and no good copy of it is kept`,
    path,
    `${remedy}, and run again`,
  );

const KEPT = `
kept=$(newest_kept "$1") && exec cat "$kept"
`;

/** The same answers; where files were lost, with the copies kept of them, for which the host is asked once more. */
export async function withKept(
  session: Session,
  questions: readonly Question[],
  observed: Observed,
): Promise<Observed> {
  const asked = questions.flatMap(one => (one.kind === 'file' && one.want === 'content' ? [one.path] : []));
  const paths = [...new Set(asked)].filter(path => isLost(observed.file(path).content));
  if (paths.length === 0) return observed;
  const answers = await session.exchange(
    paths.map(path => ({ label: `looks for kept copies of ${path}`, kind: 'ask', script: script(KEPT, path) })),
  );
  const kept = new Map(
    paths.map((path, index) => {
      const answer = answers[index];
      return [path, answer?.exit === 0 && !answer.stdout.includes(0) ? answer.stdout : null] as const;
    }),
  );
  return { ...observed, file: path => ({ ...observed.file(path), kept: kept.get(path) ?? null }) };
}
