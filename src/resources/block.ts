import { isDamaged, lostReason, textOf } from '../run/lost.ts';
import { change, type Resource, reason, type World } from '../run/resource.ts';
import { attributes, type DesiredFile, ofRoot, putStep, readable, refuseOddities } from './file.ts';

/** The line above a block. */
export const BEGIN = '# mailtun: begin';
/** The line below it. */
export const END = '# mailtun: end';
const NEW = ofRoot('0644');

/**
 * A marked block of lines in a file that belongs to somebody else; everything around it stays as it is.
 * @param lines may look at the user's own text and may be empty: then no block is wanted.
 * @param more `accept` reads the staged file, as with a whole one; `isPublic` where daemons read the file as users of their own.
 */
export function block(
  path: string,
  lines: (world: World, own: string) => readonly string[],
  {
    risk = null,
    isPublic = false,
    ...more
  }: Pick<DesiredFile, 'accept' | 'risk'> & { readonly isPublic?: boolean } = {},
): Resource {
  return {
    id: path,
    questions: [{ kind: 'file', path, want: 'content' }],
    judge(observed, world) {
      const now = observed.file(path);
      refuseOddities(now);
      const before = textOf(now);
      const after = withBlock(before, own => lines(world, own));
      const { mode, owner, group } = now.type !== 'file' ? NEW : isPublic ? readable(now) : now;
      if (after === before && !isDamaged(now.content))
        return now.type === 'file' ? attributes(now, { mode, owner, group }) : null;
      const put = putStep(now, { mode, owner, group, ...more }, after);
      return change(
        path,
        lostReason(
          now,
          before.includes(BEGIN) ? reason('block-differs', 'block differs') : reason('block-missing', 'block missing'),
        ),
        [put],
        {
          diff: { path, before, after },
          risk,
        },
      );
    },
    wants: world => {
      const content = withBlock('', () => lines(world, ''));
      return content === '' ? [] : [{ path, content, ...NEW }];
    },
  };
}

/** `text` with its block replaced, made, or taken out. Markers that lost their partner go, with the lines they held. */
export function withBlock(text: string, wanted: (own: string) => readonly string[]): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, Math.max(begin, 0));
  const whole = begin >= 0 && end >= 0;
  const place = whole ? begin : firstOf([begin, end, lines.length]);
  const around = whole ? [...lines.slice(0, begin), ...lines.slice(end + 1)] : lines;
  const block = wanted(around.join('\n'));
  // An orphaned marker means that lines of an earlier block stand loose: those that say what we say are ours.
  const loose = whole || place === lines.length ? [] : block;
  const own = around.map(line => (line === BEGIN || line === END || loose.includes(line) ? null : line));
  const ours = block.length === 0 ? [] : [BEGIN, ...block, END];
  const result = [...own.slice(0, place), ...ours, ...own.slice(place)].filter(line => line !== null);
  return result.length === 0 ? '' : `${result.join('\n')}\n`;
}

const firstOf = (places: readonly number[]): number => Math.min(...places.filter(place => place >= 0));
