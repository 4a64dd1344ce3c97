/**
 * Files that a power cut has emptied: FFS keeps names, modes and lengths at once and data later (facts 15), so what was
 * not on the disk is NUL bytes in the right length.
 */
import type { Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { STATE_DIRECTORY } from './prelude.ts';
import { script } from './quoting.ts';
import { type FileState, type Observed, type Question, type Reason, reason } from './resource.ts';

/** Whether nothing is left of a file but its length. */
export const isLost = (content: Buffer | null): boolean =>
  content !== null && content.length > 0 && content.every(byte => byte === 0);

/**
 * The text of somebody else's file: of one that was lost, the newest copy kept of it; of one that had only grown, what
 * it was before. @throws Failure where neither is known.
 */
export function textOf(now: FileState): string {
  const { content, kept, path } = now;
  const text = (isLost(content) ? (kept ?? content) : content)?.toString('utf8').replace(/\0+$/, '') ?? '';
  if ((isLost(content) && !kept) || text.includes('\0'))
    throw new Failure(
      `${path} holds NUL bytes, as after a power cut, and no good copy of it is kept`,
      path,
      `restore ${path} from a backup, or from /etc/examples or /var/backups, and run again`,
    );
  return text;
}

/** Why a file is changed, where it may have been lost. */
export const lostReason = ({ content, kept }: FileState, why: Reason): Reason =>
  isLost(content)
    ? reason('file-lost', `holds only NUL bytes, as after a power cut${kept ? '; its kept copy is used' : ''}`)
    : why;

// The newest of the copies kept before a run; ksh drops NUL bytes, so what was lost reads as nothing.
const KEPT = `
newest=
for at in ${STATE_DIRECTORY}/original ${STATE_DIRECTORY}/undo/?*; do
  [ ! -f "$at/files$1" ] || [ -z "$(<"$at/files$1")" ] || newest=$at/files$1
done
[ -z "$newest" ] || cat "$newest"
exit 0
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
      const copy = answers[index]?.stdout;
      return [path, copy && copy.length > 0 && !copy.includes(0) ? copy : null] as const;
    }),
  );
  return { run: name => observed.run(name), file: path => ({ ...observed.file(path), kept: kept.get(path) ?? null }) };
}
