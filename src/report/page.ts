/** Lines for a terminal: wrapped, and with optional colours. */
import { printable } from './printable.ts';

/** The width of a page without a terminal, and the largest: longer lines are hard to read. */
export const PAGE_COLUMNS = 80;
/** The smallest width, below which there is no room for a text next to its label; the terminal wraps then. */
const LEAST_COLUMNS = 40;

/** The width of a page. @param terminal the width of the terminal; undefined where there is none. */
export const pageColumns = (terminal: number | undefined): number =>
  Math.max(LEAST_COLUMNS, Math.min(terminal || PAGE_COLUMNS, PAGE_COLUMNS));

/** A text in lines no wider than the page, each after `indent` blanks; a longer word gets a line of its own. */
function wrapped(text: string, indent: number, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map(one => `${' '.repeat(indent)}${one}`);
}

/** The indentation under a label that is wider than half of the page. */
const TEXT_INDENT = 8;

/** A text after a label, with further lines indented to its first word; below the label if that is long. */
export function labelled(label: string, text: string, columns = PAGE_COLUMNS): readonly string[] {
  if (label.length > columns / 2) return [label.trimEnd(), ...wrapped(text, TEXT_INDENT, columns)];
  const [first = '', ...rest] = wrapped(text, label.length, columns);
  return [label + first.trimStart(), ...rest];
}

/** The evidence and the remedy of a problem, for below its description. */
export const evidenceLines = (
  { evidence, remedy }: { readonly evidence: string; readonly remedy: string },
  columns: number,
): readonly string[] => [...labelled('  evidence  ', evidence, columns), ...fixLines(remedy, columns)];

/** What to do, below what is wrong. */
export const fixLines = (remedy: string, columns: number): readonly string[] =>
  labelled('  fix       ', remedy, columns);

/** Colours of a terminal. */
type Colour = 'good' | 'bad' | 'dim' | 'strong';

/** Colours a text, or returns it unchanged. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, string>> = { good: '32', bad: '31', dim: '2', strong: '1' };

/** Makes a Paint with or without colours. */
export const painter =
  (colours: boolean): Paint =>
  (colour, text) =>
    colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
