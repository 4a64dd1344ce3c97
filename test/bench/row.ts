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
  /** What targets.ts wants of the ratio. */
  readonly target: Bounds | null;
  /** Whatever else was counted: `round trips a host`, `kB`, `MB`. */
  readonly counts: Readonly<Record<string, number>>;
  /** What targets.ts wants of these, by the same names. */
  readonly limits: Readonly<Record<string, Bounds>>;
}

/** Met where the number is at most, or at least, so much. */
export interface Bounds {
  readonly most?: number;
  readonly least?: number;
}

export const row = (chapter: string, what: string, times: readonly number[], rest: Partial<Row> = {}): Row => ({
  chapter,
  what,
  time: times.length > 0 ? spread(times) : null,
  ratio: null,
  than: '',
  target: null,
  counts: {},
  limits: {},
  ...rest,
});

const within = (value: number, { most, least }: Bounds): boolean =>
  value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? 0);

/** Null for a row without a target. What could not be measured has missed. */
export function isMet({ ratio, target, counts, limits }: Row): boolean | null {
  const wanted = Object.entries(limits);
  if (!target && wanted.length === 0) return null;
  const isRatioMet = !target || (ratio !== null && within(ratio.median, target));
  return isRatioMet && wanted.every(([name, bounds]) => within(counts[name] ?? Number.NaN, bounds));
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

const boundsText = ({ most, least }: Bounds): string => (most === undefined ? `≥ ${least}` : `≤ ${most}`);

function targetText(one: Row): string {
  const met = isMet(one);
  if (met === null) return '';
  const wanted = [
    ...(one.target ? [`${boundsText(one.target)}×`] : []),
    ...Object.entries(one.limits).map(([name, bounds]) => `${boundsText(bounds)} ${name}`),
  ];
  return `${wanted.join(', ')}: ${met ? 'met' : 'MISSED'}`;
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
