/** What a benchmark has to say, as data and as a table. */
import { type Spread, spread } from './measure.ts';

export interface Row {
  readonly chapter: string;
  readonly what: string;
  /** Milliseconds. */
  readonly time: Spread | null;
  /** How many times as long as `than`. */
  readonly ratio: Spread | null;
  readonly than: string;
  /** Of design chapter 8: met where the ratio is at most, or at least, so much. */
  readonly target: { readonly most?: number; readonly least?: number } | null;
  /** Whatever else was counted: `roundTrips`, `kilobytes`, `megabytes`. */
  readonly counts: Readonly<Record<string, number>>;
}

export const row = (chapter: string, what: string, times: readonly number[], rest: Partial<Row> = {}): Row => ({
  chapter,
  what,
  time: times.length > 0 ? spread(times) : null,
  ratio: null,
  than: '',
  target: null,
  counts: {},
  ...rest,
});

export function isMet({ ratio, target }: Row): boolean | null {
  if (!ratio || !target) return null;
  return ratio.median <= (target.most ?? Number.POSITIVE_INFINITY) && ratio.median >= (target.least ?? 0);
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function targetText(one: Row): string {
  if (!one.target) return '';
  const wanted = one.target.most === undefined ? `≥ ${one.target.least}×` : `≤ ${one.target.most}×`;
  return `${wanted} ${isMet(one) ? 'met' : 'MISSED'}`;
}

/** A Markdown table for each chapter. */
export function table(rows: readonly Row[]): string {
  const chapters = [...new Set(rows.map(({ chapter }) => chapter))];
  return chapters
    .map(chapter => {
      const lines = rows
        .filter(one => one.chapter === chapter)
        .map(one => [
          one.what,
          one.time ? number(one.time.median) : '',
          one.time ? `${number(one.time.min)}–${number(one.time.max)}` : '',
          one.ratio ? `${number(one.ratio.median)}× ${one.than}` : '',
          targetText(one),
          Object.entries(one.counts)
            .map(([name, count]) => `${number(count).replace(/\.00$/, '')} ${name}`)
            .join(', '),
        ]);
      return aligned([[chapter, 'median ms', 'range', 'ratio', 'target', 'counted'], ...lines]);
    })
    .join('\n\n');
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)));
  const [head, ...rest] = lines.map(
    line => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  return [head, `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}
