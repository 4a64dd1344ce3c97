/** Lines for a terminal: wrapped, and coloured where colours are welcome. */
import { printable } from './printable.ts';

/** Columns of a page where there is no terminal, and at most: longer lines are hard to read. */
export const PAGE_COLUMNS = 80;
/** Less than that leaves a text beside its label no room; such a terminal has to wrap. */
const LEAST_COLUMNS = 40;

/** Columns of a page on a terminal of that many; undefined where there is none. */
export const pageColumns = (terminal: number | undefined): number =>
  Math.max(LEAST_COLUMNS, Math.min(terminal || PAGE_COLUMNS, PAGE_COLUMNS));

/** Words of a text in lines no wider than the page, each after `indent` blanks; longer words stand alone. */
export function wrapped(text: string, indent: number, columns = PAGE_COLUMNS): readonly string[] {
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

/** Under a label that takes more than half of the page. */
const TEXT_INDENT = 8;

/** A text after a label, its further lines under its first word; under a long label altogether. */
export function labelled(label: string, text: string, columns = PAGE_COLUMNS): readonly string[] {
  if (label.length > columns / 2) return [label.trimEnd(), ...wrapped(text, TEXT_INDENT, columns)];
  const [first = '', ...rest] = wrapped(text, label.length, columns);
  return [label + first.trimStart(), ...rest];
}

/** How something is known, and what to do about it, below what it is. */
export const evidenceLines = (
  { evidence, remedy }: { readonly evidence: string; readonly remedy: string },
  columns: number,
): readonly string[] => [...labelled('  evidence  ', evidence, columns), ...labelled('  fix       ', remedy, columns)];

/** Colours of a terminal. */
export type Colour = 'good' | 'bad' | 'dim' | 'strong';

/** Puts a colour around a text, or nothing. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, string>> = { good: '32', bad: '31', dim: '2', strong: '1' };

/** Paints text, or leaves it as it is where there are no colours. */
export const painter =
  (colours: boolean): Paint =>
  (colour, text) =>
    colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
