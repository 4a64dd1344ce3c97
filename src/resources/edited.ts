import { intactText, isDamaged, lostReason } from '../run/lost.ts';
import { type Change, change, type FileState, type Reason, type Resource } from '../run/resource.ts';
import { attributes, type DesiredFile, ofRoot, putStep, readable, refuseOddities } from './file.ts';

/**
 * One edit in a file that belongs to somebody else and that everybody reads, made only where it is needed.
 * @param why says what is missing in a text.
 * @param edit returns the desired text; the same text means that nothing has to change. Pure.
 */
export const edited = (
  path: string,
  why: (text: string) => Reason,
  edit: (text: string, exists: boolean) => string,
): Resource => ({
  id: path,
  questions: [{ kind: 'file', path, want: 'content' }],
  judge(observed) {
    const now = observed.file(path);
    return editOf(now, text => edit(text, now.type === 'file'), why, { isPublic: true });
  },
});

/** How a file is edited: `accept` reads the staged one; `isPublic` where daemons read it as users of their own. */
export type EditOptions = Pick<DesiredFile, 'accept' | 'risk'> & { readonly isPublic?: boolean };

/** The change that makes an edit; null where the text is as desired. @param why by the present text. */
export function editOf(
  now: FileState,
  edit: (text: string) => string,
  why: (text: string) => Reason,
  { risk = null, isPublic = false, ...more }: EditOptions = {},
): Change | null {
  const { path } = now;
  refuseOddities(now);
  const before = intactText(now);
  const after = edit(before);
  const { mode, owner, group } = now.type !== 'file' ? ofRoot('0644') : isPublic ? readable(now) : now;
  if (after === before && !isDamaged(now.content))
    return now.type === 'file' ? attributes(now, { mode, owner, group }) : null;
  const put = putStep(now, { mode, owner, group, ...more }, after);
  return change(path, lostReason(now, why(before)), [put], { diff: { path, before, after }, risk });
}
