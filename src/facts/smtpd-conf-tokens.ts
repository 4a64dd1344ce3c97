/**
 * The lexical half of smtpd.conf(5), as parse.y of OpenSMTPD 7.0 to 7.8 reads it: words, quoted strings, macros,
 * comments, lines continued by a backslash, lists over several lines. Pure, and without errors: what smtpd would refuse
 * comes out as words.
 */

/** A word, a quoted string or one of `{ } < > ( ) ! = , =>`. */
export interface Word {
  readonly text: string;
  /** As it was written, quotes included. */
  readonly source: string;
  /** A quoted string is never a keyword. */
  readonly quoted: boolean;
}

/** The words of each statement, in order. Macros are expanded, and their definitions are left out. */
export function statementsOf(text: string): readonly (readonly Word[])[] {
  const macros = new Map<string, string>();
  const statements: (readonly Word[])[] = [];
  let words: Word[] = [];
  let depth = 0;
  const end = (): void => {
    const [name, equals, value] = words;
    if (words.length === 3 && name && value && isSymbol(equals, '=')) macros.set(name.text, value.text);
    else if (words.length > 0) statements.push(words);
    words = [];
  };
  // A backslash at the very end continues a line that is not there.
  for (const token of tokensOf(text.replace(/(?<!\\)((?:\\\\)*)\\$/, '$1'))) {
    if (token === NEWLINE) {
      if (depth === 0) end();
    } else if ('macro' in token) {
      // smtpd reads the value as if it stood there, but for macros in it.
      for (const one of tokensOf(macros.get(token.macro) ?? '')) if (one !== NEWLINE && 'text' in one) words.push(one);
    } else {
      depth = Math.max(0, depth + (isSymbol(token, '{') ? 1 : isSymbol(token, '}') ? -1 : 0));
      words.push(token);
    }
  }
  end();
  return statements;
}

/** Whether a word is there and is this symbol or keyword, unquoted. */
export const isSymbol = (word: Word | undefined, text: string): boolean => word?.text === text && !word.quoted;

/** A statement on one line, as a person would write it. */
export const statementText = (words: readonly Word[]): string =>
  words
    .map(({ source }, index) => {
      const before = words[index - 1]?.source;
      const isClose = before === undefined || before === '<' || before === '!' || source === '>' || source === ',';
      return isClose ? source : ` ${source}`;
    })
    .join('');

const NEWLINE = 'newline';

type Token = Word | typeof NEWLINE | { readonly macro: string };

// In the order of parse.y, behind blanks, continued lines and comments, which a backslash continues as well: the end of a
// line; quoted strings; macros; symbols; anything else up to a blank or a symbol. Something always matches, so nothing is
// given back to be read as something else. Groups have no names: their objects were a fifth of what a large run allocated.
const TOKEN = new RegExp(
  [
    String.raw`(?:[ \t\r\f\v]|\\\n|#(?:\\\n|[^\n])*)*(?:(\n)`,
    String.raw`("(?:\\"|[^"])*(?:"|$)|'(?:\\'|[^'])*(?:'|$))`,
    String.raw`\$(\w+)`,
    String.raw`(=>|[{}<>()!=,]|(?:\\\n|\\[\s\S]|[^\s{}<>()!=,#])+)|\s|$)`,
  ].join('|'),
  'g',
);

function* tokensOf(text: string): Generator<Token> {
  for (const [, newline, quoted, macro, word] of text.matchAll(TOKEN))
    if (newline !== undefined) yield NEWLINE;
    else if (macro !== undefined) yield { macro };
    else if (quoted !== undefined) {
      const source = quoted.replaceAll(/\\?\n/g, '');
      yield { text: unquoted(source), source, quoted: true };
    } else if (word !== undefined) {
      const source = word.replaceAll('\\\n', '');
      yield { text: source.replaceAll(/\\([\s\S])/g, '$1'), source, quoted: false };
    }
}

/** A backslash goes only before the quote itself, a blank or a tab; a regular expression keeps its own (yylex() in parse.y). */
function unquoted(source: string): string {
  const quote = source.slice(0, 1);
  const body = source.length > 1 && source.endsWith(quote) ? source.slice(1, -1) : source.slice(1);
  return body.replaceAll(quote === '"' ? /\\(?=[" \t])/g : /\\(?=[' \t])/g, '');
}
