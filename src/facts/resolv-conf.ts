/** resolv.conf(5) as the text of a file that is the user's (asr.c of libc). Pure. */

/** Whose address a name is to have. */
export type Family = 'inet4' | 'inet6';

const withoutComment = (line: string): string => line.replace(/[;#].*$/s, '');

/** The words of a line without its comment. */
const wordsOf = (line: string): readonly string[] =>
  withoutComment(line)
    .split(/[ \t\r]+/)
    .filter(word => word !== '');

/** Whether libc knows all words of a line: a carriage return belongs to the word before it. */
const isRead = (line = ''): boolean => !withoutComment(line).includes('\r');

/** The last line of a keyword counts. */
function lastOf(lines: readonly string[], keyword: string) {
  const at = lines.findLastIndex(line => wordsOf(line)[0] === keyword);
  return at < 0 ? null : { at, words: wordsOf(lines[at] ?? '').slice(1) };
}

/**
 * `lookup` with `file` first. Without a lookup line DNS comes first; without the file there is no DNS at all
 * (resolv.conf(5)).
 */
export function fileFirst(text: string, exists: boolean): string {
  if (!exists) return text;
  const lines = text.split('\n');
  const lookup = lastOf(lines, 'lookup');
  if (lookup === null) return `lookup file bind\n${text}`;
  if (lookup.words[0] === 'file' && isRead(lines[lookup.at])) return text;
  const rest = lookup.words.filter(word => word !== 'file');
  return lines.with(lookup.at, ['lookup file', ...rest].join(' ')).join('\n');
}

/** The numbers of lines with a name server that libc passes over, because a carriage return makes its address none. */
export const unaskedServers = (text: string): readonly number[] =>
  text.split('\n').flatMap((line, at) => (wordsOf(line)[0] === 'nameserver' && !isRead(line) ? at + 1 : []));

/** `family` with those that names have addresses of: where a line names one, libc asks for no other, not even of hosts(5). */
export function withFamilies(text: string, wanted: readonly Family[]): string {
  const lines = text.split('\n');
  const family = lastOf(lines, 'family');
  if (family === null || family.words.length === 0 || !isRead(lines[family.at])) return text;
  const missing = wanted.filter(one => !family.words.includes(one));
  if (missing.length === 0) return text;
  return lines.with(family.at, ['family', ...family.words, ...missing].join(' ')).join('\n');
}
