import { isDamaged, lostReason, textOf } from '../run/lost.ts';
import { change, type Reason, type Resource } from '../run/resource.ts';
import { attributes, ofRoot, putStep, readable, refuseOddities } from './file.ts';

/**
 * One edit in a file that belongs to somebody else and that everybody reads, made only where it is needed.
 * @param why says what is missing in a text.
 * @param edit returns the text as it ought to be; the same text means that nothing has to happen. Pure.
 */
export function edited(
  path: string,
  why: (text: string) => Reason,
  edit: (text: string, exists: boolean) => string,
): Resource {
  return {
    id: path,
    questions: [{ kind: 'file', path, want: 'content' }],
    judge(observed) {
      const now = observed.file(path);
      refuseOddities(now);
      const before = textOf(now);
      const after = edit(before, now.type === 'file');
      const keeps = now.type === 'file' ? readable(now) : ofRoot('0644');
      if (after === before && !isDamaged(now.content)) return now.type === 'file' ? attributes(now, keeps) : null;
      return change(path, lostReason(now, why(before)), [putStep(now, keeps, after)], {
        diff: { path, before, after },
      });
    },
  };
}
