/** The two lines of pf.conf(5) that load mailtun's anchor, in the text of a file that is otherwise the user's. Pure. */

/** `anchor` is where its rules are evaluated; `load anchor` is where they come from (recordings). */
export const anchorLines = (anchor: string, file: string): readonly [string, string] => [
  `anchor "${anchor}"`,
  `load anchor "${anchor}" from "${file}"`,
];

/**
 * `text` with both lines, before the first statement that can decide about a packet; a rule with `quick` before them
 * would leave the anchor out. Lines that are there stay where they are.
 */
export function withAnchor(text: string, [evaluate, load]: readonly [string, string]): string {
  const lines = text.split('\n');
  const there = { evaluate: find(lines, evaluate), load: find(lines, load) };
  if (there.evaluate >= 0 && there.load >= 0) return text;
  if (there.evaluate >= 0) return lines.toSpliced(there.evaluate + 1, 0, load).join('\n');
  if (there.load >= 0) return lines.toSpliced(there.load, 0, evaluate).join('\n');
  return lines.toSpliced(firstRule(lines) ?? endOf(lines), 0, evaluate, load).join('\n');
}

/** `text` as it was before `withAnchor`, to the byte. */
export function withoutAnchor(text: string, [evaluate, load]: readonly [string, string]): string {
  const lines = text.split('\n');
  const at = find(lines, evaluate);
  const together = at >= 0 && at + 1 === find(lines, load);
  // They come right before a rule or last; earlier versions put an empty line between them and the rule.
  if (together && lines[at + 2] === '' && at + 3 < lines.length) return lines.toSpliced(at, 3).join('\n');
  return lines.filter(line => !isStatement(line, evaluate) && !isStatement(line, load)).join('\n');
}

/** Whether pf.conf evaluates the anchor. */
export const hasAnchor = (text: string, lines: readonly [string, string]): boolean => withAnchor(text, lines) === text;

const find = (lines: readonly string[], statement: string): number =>
  lines.findIndex(line => isStatement(line, statement));

/** The same words, whatever blanks and comment come with them. */
const isStatement = (line: string, statement: string): boolean =>
  line
    .replace(/\s+#.*$/, '')
    .trim()
    .split(/\s+/)
    .join(' ') === statement;

/** Whether pf(4) skips an interface, by `pfctl -s Interfaces -v`: `wg0 (skip)` (print_iface in pfctl_table.c). */
export const isSkipped = (interfaces: string, name: string): boolean =>
  interfaces.split('\n').some(line => line === `${name} (skip)`);

/**
 * The first `set skip` that applies to an interface: by name, by group, or by a macro for either. Null where the text has
 * none; an included file may have one.
 */
export function skipLine(text: string, name: string): { readonly line: number; readonly statement: string } | null {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!/^\s*set\s+skip\s+on\b/.test(line)) continue;
    let statement = unquoted(line);
    for (let next = index + 1; isOpen(statement) && next < lines.length; next += 1)
      statement = `${statement.replace(/\\$/, '')} ${unquoted(lines[next] ?? '')}`;
    const words = withMacros(statement.replace(/^\s*set\s+skip\s+on/, ''), text);
    if (words.includes(name) || words.includes(name.replace(/\d+$/, '')))
      return { line: index + 1, statement: statement.trim().replaceAll(/\s+/g, ' ') };
  }
  return null;
}

/** Files that a text includes (pf.conf(5)). */
export const includedIn = (text: string): readonly string[] =>
  [...text.matchAll(/^[ \t]*include[ \t]+"([^"]+)"/gm)].map(([, file = '']) => file);

const isOpen = (statement: string): boolean =>
  statement.endsWith('\\') || count(statement, '{') > count(statement, '}');

/** The words of a list, with what its macros stand for. */
function withMacros(list: string, text: string, depth = 0): readonly string[] {
  return list.split(/[\s{},"]+/).flatMap(word => {
    if (!word.startsWith('$') || depth > 9) return word;
    const value = new RegExp(`^\\s*${word.slice(1).replaceAll(/\W/g, '')}\\s*=\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
    return withMacros(value, text, depth + 1);
  });
}

const RULE = /^(pass|block|antispoof|anchor|load|include)\b/;

/**
 * Where the first rule's own comment starts, or the rule itself; null where there is no rule. Statements may go on
 * over several lines, by a backslash or inside braces, and begin only where the one before has ended.
 */
function firstRule(lines: readonly string[]): number | null {
  let depth = 0;
  let continued = false;
  for (const [index, line] of lines.entries()) {
    const code = bare(line);
    if (depth === 0 && !continued && RULE.test(code.trim())) return startOfComment(lines, index);
    depth += count(code, '{') - count(code, '}');
    // A backslash at the end joins lines, in comments as well.
    continued = line.endsWith('\\');
  }
  return null;
}

/** A line without its quotes, whose content counts, and without its comment. */
const unquoted = (line: string): string => line.replaceAll('"', '').replace(/#.*$/, '');

/** A line without what is quoted and without its comment. */
const bare = (line: string): string => line.replaceAll(/"[^"]*"/g, '""').replace(/#.*$/, '');

const count = (text: string, character: string): number => text.split(character).length - 1;

function startOfComment(lines: readonly string[], rule: number): number {
  const above = lines.slice(0, rule).findLastIndex(line => !line.trimStart().startsWith('#'));
  // Comments that reach up to the top of the file are its heading; after a backslash the line above has not ended.
  return above < 0 || lines[above]?.endsWith('\\') ? rule : above + 1;
}

/** Behind the last line, whether a newline ends it or not, but not inside one that a backslash has going on. */
function endOf(lines: readonly string[]): number {
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  return lines.slice(0, end).findLastIndex(line => !line.endsWith('\\')) + 1;
}
