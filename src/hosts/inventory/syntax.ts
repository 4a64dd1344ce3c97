import type { YAMLParseError } from 'yaml';
import type { Problem } from './errors.ts';

type Position = { readonly line: number; readonly column: number };

/** After any other error the parser reports follow-up errors, which are misleading. */
const withoutEcho: readonly YAMLParseError['code'][] = ['BAD_DQ_ESCAPE', 'BAD_SCALAR_START'];

/**
 * The errors of the yaml package, up to the first with follow-up errors. In mailtun's own words: the package quotes the text,
 * which may contain a password.
 */
export function syntaxProblems(errors: readonly YAMLParseError[], positionAt: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  for (const error of errors.toSorted((one, other) => one.pos[0] - other.pos[0])) {
    const [what, remedy] = sentences[error.code] ?? notYaml;
    problems.push({ ...positionAt(error.pos[0]), path: '', what, remedy });
    if (!withoutEcho.includes(error.code)) break;
  }
  return problems;
}

const notYaml = [
  'this is not valid YAML',
  'check the indentation, quotes and colons of this line and the one above',
] as const;
const tooDeep = ['this is nested too deeply', 'an inventory has only a few levels'] as const;
const oneValue = [
  'a mapping begins where a single value is expected',
  'put a value that contains ": " or ends in a colon in quotes, or begin a new line',
] as const;
const anchors = ['an anchor or alias is not allowed here', 'write the value out'] as const;
const tags = ['this tag (!…) is not supported', 'remove the tag'] as const;

const sentences: Partial<Record<YAMLParseError['code'], readonly [string, string]>> = {
  TAB_AS_INDENT: ['a tab indents this line', 'indent with spaces'],
  BAD_INDENT: [
    'the indentation is wrong here, or a bracket above is not closed',
    'close [ with ] and { with }, and use the same indentation for what belongs together',
  ],
  MISSING_CHAR: ['something is missing here', 'close quotes, put a comma between entries and a blank after each colon'],
  BAD_DQ_ESCAPE: ['this is not an escape sequence of YAML', 'use single quotes, or write \\\\ for a backslash'],
  BAD_SCALAR_START: ['a value cannot begin with this character', 'put the value in quotes'],
  BLOCK_AS_IMPLICIT_KEY: oneValue,
  MULTILINE_IMPLICIT_KEY: [
    'a key spans several lines, or has no colon',
    'write each key on one line, with a colon and a blank',
  ],
  BLOCK_IN_FLOW: oneValue,
  MULTIPLE_DOCS: ['a second document begins here', 'a file contains one inventory; remove the ---'],
  RESOURCE_EXHAUSTION: tooDeep,
  BAD_ALIAS: anchors,
  ALIAS_PROPS: anchors,
  MULTIPLE_ANCHORS: anchors,
  MULTIPLE_TAGS: tags,
  TAG_RESOLVE_FAILED: tags,
  BAD_COLLECTION_TYPE: tags,
};

/** The yaml package is recursive, and deeper nesting could end the whole process, so these limits are checked first. */
const bounds = { characters: 1_048_576, indentation: 200, brackets: 64, colons: 64 };

/** The first place where a text exceeds these limits; null for none. */
export function boundsProblem(text: string): Problem | null {
  if (text.length > bounds.characters) {
    const remedy = 'the file must contain nothing but the inventory';
    return { line: 1, column: 1, path: '', what: 'the file is larger than a megabyte', remedy };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const what = 'there is a NUL character, as in UTF-16 text';
    return { ...placeOf(text, nul), path: '', what, remedy: 'save the file as UTF-8' };
  }
  if (text.includes('\r') && !text.includes('\n')) {
    const what = 'all lines end with a carriage return alone';
    return { line: 1, column: 1, path: '', what, remedy: 'end them with a line feed' };
  }
  let depth = { brackets: 0, colons: 0 };
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*#/.test(line)) continue;
    const [indentation = ''] = /^[\s?:-]*/.exec(line) ?? [];
    const deepest = deepestIn(line, depth);
    if (indentation.length > bounds.indentation || deepest === null) return tooDeepAt(index + 1);
    depth = deepest;
  }
  return null;
}

function placeOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** The text was nested too deeply for the parser. */
export const tooDeepAt = (line: number): Problem => ({
  line,
  column: 1,
  path: '',
  what: tooDeep[0],
  remedy: tooDeep[1],
});

/**
 * Open brackets, and colons with no comma between, after a line; null where there are too many. Those in quotes count
 * as well: nobody leaves that many there either.
 */
function deepestIn(line: string, before: { brackets: number; colons: number }) {
  let { brackets, colons } = before;
  if (brackets === 0) colons = 0;
  for (const [character] of line.matchAll(/[[\]{}:,]/g)) {
    colons = character === ':' ? colons + 1 : 0;
    if (character === '[' || character === '{') brackets += 1;
    else if (character === ']' || character === '}') brackets = Math.max(brackets - 1, 0);
    if (brackets > bounds.brackets || colons > bounds.colons) return null;
  }
  return { brackets, colons };
}
