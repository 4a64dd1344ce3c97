/**
 * Files that a power cut has emptied: FFS keeps names, modes and lengths at once and data later, so what was
 * not on the disk is NUL bytes in the right length.
 */
import { textFrom } from './bytes.ts';
import { command } from './command.ts';
import { type Session, sectionOf } from './exchange.ts';
import { Failure } from './failure.ts';
import { type FileState, type Observed, type Question, type Reason, reason } from './resource.ts';

/** Whether a file has only NUL bytes. */
export const isLost = (content: Buffer | null): boolean =>
  content !== null && content.length > 0 && content.every(byte => byte === 0);

/** Whether a file has NUL bytes, which no text that mailtun reads has. */
export const isDamaged = (content: Buffer | null): boolean => content?.includes(0) ?? false;

/**
 * The text of somebody else's file, unchanged: if it was lost, the newest kept copy; if only its end was lost, what was before
 * that. @throws Failure if there is neither.
 */
export function intactText(now: FileState): string {
  const { content, kept, path } = now;
  const bytes = isLost(content) ? (kept ?? content) : content;
  const text = bytes === null ? '' : textFrom(bytes).replace(/\0+$/, '');
  if ((isLost(content) && !kept) || text.includes('\0'))
    throw new Failure(
      'file-unrestorable',
      `${path} holds NUL bytes, as after a power cut, and no good copy of it is kept`,
      path,
      `restore ${path} from a backup, or from /etc/examples or /var/backups, and run again`,
    );
  return text;
}

/** What is done about a lost file of which a copy is kept. */
export const COPY_USED = 'its kept copy is used';

/** Why a file is changed, where it may have been lost. */
export const lostReason = ({ content, kept }: Pick<FileState, 'content' | 'kept'>, why: Reason): Reason =>
  isLost(content)
    ? lost(kept ? COPY_USED : '')
    : isDamaged(content)
      ? reason('file-lost', 'ends in NUL bytes, as after a power cut')
      : why;

/** The reason for a file that has only NUL bytes. @param note what is done about it. */
export const lost = (note = ''): Reason =>
  reason('file-lost', `holds only NUL bytes, as after a power cut${note === '' ? '' : `; ${note}`}`);

/** Nothing is left of a file, nor of any copy. @param what it is, for people; `remedy` continues with running again. */
export const goneForGood = (what: string, path: string, remedy: string): Failure =>
  new Failure(
    'file-unrestorable',
    `${what} holds only NUL bytes, as after a power cut, and no good copy of it is kept`,
    path,
    `${remedy}, and run again`,
  );

const KEPT = `
kept=$(newest_kept "$1") && exec cat "$kept"
`;

/** The same answers, with the kept copies of lost files, for which the host is asked once more. */
export async function withKept(
  session: Session,
  questions: readonly Question[],
  observed: Observed,
): Promise<Observed> {
  const asked = questions.flatMap(one => (one.kind === 'file' && one.want === 'content' ? [one.path] : []));
  const paths = [...new Set(asked)].filter(path => isLost(observed.file(path).content));
  if (paths.length === 0) return observed;
  const answers = await session.exchange(
    paths.map(path => sectionOf('ask', `looks for kept copies of ${path}`, command(KEPT, path))),
  );
  const kept = new Map(
    paths.map((path, index) => {
      const answer = answers[index];
      return [path, answer?.exit === 0 && !answer.stdout.includes(0) ? answer.stdout : null] as const;
    }),
  );
  return { ...observed, file: path => ({ ...observed.file(path), kept: kept.get(path) ?? null }) };
}
