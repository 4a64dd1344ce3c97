/** A path into the inventory: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with an inventory. */
export interface Problem {
  /** From 1, of the value, or of the key where the key is wrong. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count them. */
  readonly column: number;
  /** `hosts.namorar.mx[1].address`; empty where the text is not YAML. */
  readonly path: string;
  /** What is wrong, the bad value quoted. */
  readonly what: string;
  /** What is allowed, or what to write instead. */
  readonly remedy: string;
}

/** What a check says: where in the inventory, and whether at the key or at its value. */
export interface Finding {
  readonly path: Path;
  readonly at?: 'key' | 'value';
  readonly what: string;
  readonly remedy: string;
}

/** Receives what a check found. */
export type Report = (finding: Finding) => void;

/** Everything that is wrong with an inventory, in the order of its lines: `message` has one line for each. */
export class InventoryErrors extends Error {
  override readonly name = 'InventoryErrors';

  readonly problems: readonly Problem[];

  constructor(
    readonly file: string,
    found: readonly Problem[],
  ) {
    const problems = found.map(problem => ({ ...problem, what: shown(problem.what), remedy: shown(problem.remedy) }));
    super(problems.map(problem => lineFor(file, problem)).join('\n'));
    this.problems = problems;
  }
}

const lineFor = (file: string, { line, column, path, what, remedy }: Problem): string =>
  `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${what}; ${remedy}`;

/** A path as people write it; keys other than plain words are quoted. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const word = /^[\w.@+-]+$/.test(step) ? step : quoted(step);
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

/** A value as an error shows it: on one line, at most 60 characters, nothing in it that a terminal would act on. */
export function quoted(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value);
  const text = typeof value === 'string' && value.length > 60 ? `${value.slice(0, 59)}…` : value;
  return shown(JSON.stringify(text));
}

/** Text with nothing in it that a terminal would act on. */
const shown = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);

const escaped = (character: string): string =>
  [...Array(character.length).keys()].map(unit => `\\u${hex(character.charCodeAt(unit))}`).join('');

const hex = (unit: number): string => unit.toString(16).padStart(4, '0');

/** A value as the subject of a sentence: a quoted scalar, `a list`, `a mapping`. */
export function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a mapping' : quoted(value);
}
