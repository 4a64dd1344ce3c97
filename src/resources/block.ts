import { type Resource, reason, type World } from '../run/resource.ts';
import { type EditOptions, editOf } from './edited.ts';
import { ofRoot } from './file.ts';

/** The line above a block. */
export const BEGIN = '# mailtun: begin';
/** The line below it. */
export const END = '# mailtun: end';

/**
 * A marked block of lines in a file that belongs to somebody else; everything around it stays as it is.
 * @param lines may depend on the user's own text; empty: no block is wanted.
 */
export const block = (
  path: string,
  lines: (world: World, own: string) => readonly string[],
  options: EditOptions = {},
): Resource => ({
  id: path,
  questions: [{ kind: 'file', path, want: 'content' }],
  judge: (observed, world) =>
    editOf(
      observed.file(path),
      text => withBlock(text, own => lines(world, own)),
      text =>
        text.includes(BEGIN) ? reason('block-differs', 'block differs') : reason('block-missing', 'block missing'),
      options,
    ),
  wants: world => {
    const content = withBlock('', () => lines(world, ''));
    return content === '' ? [] : [{ path, content, ...ofRoot('0644') }];
  },
});

/** `text` with its block replaced, added or removed. A marker without its partner is removed, with the lines of its block. */
export function withBlock(text: string, wanted: (own: string) => readonly string[]): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  // A file that an editor has given line ends of another system has its block in it like that.
  const begin = lines.findIndex(line => isMarker(line, BEGIN));
  const end = lines.findIndex((line, at) => at >= begin && isMarker(line, END));
  const whole = begin >= 0 && end >= 0;
  const place = whole ? begin : firstOf([begin, end, lines.length]);
  const around = whole ? [...lines.slice(0, begin), ...lines.slice(end + 1)] : lines;
  const block = wanted(around.join('\n'));
  // With only one marker left, lines that are equal to the wanted ones belong to an earlier block.
  const loose = whole || place === lines.length ? [] : block;
  const own = around.map(line => (isMarker(line, BEGIN) || isMarker(line, END) || loose.includes(line) ? null : line));
  const ours = block.length === 0 ? [] : [BEGIN, ...block, END];
  const result = [...own.slice(0, place), ...ours, ...own.slice(place)].filter(line => line !== null);
  return result.length === 0 ? '' : `${result.join('\n')}\n`;
}

const isMarker = (line: string, marker: string): boolean => line === marker || line === `${marker}\r`;

const firstOf = (places: readonly number[]): number => Math.min(...places.filter(place => place >= 0));
