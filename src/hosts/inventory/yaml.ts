import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { type Path, type Problem, pathText, quoted } from './errors.ts';
import { isSplitAddress, splitSaid } from './split-address.ts';
import { boundsProblem, syntaxProblems, tooDeepAt } from './syntax.ts';

/** An inventory as plain data: mappings without a prototype, lists, scalars; and the position of each value. */
export interface Reading {
  readonly value: unknown;
  /** Line and column, from 1, of the value at a path, or else of the nearest one above it. */
  positionOf(path: Path, at: 'key' | 'value'): { line: number; column: number };
}

/** The positions of a value and its key in the text, and of the values in it. */
interface Spot {
  readonly key: number;
  readonly value: number;
  readonly parts: Map<string | number, Spot>;
}

/** Aliases are expanded; a file with more values than this is refused. */
const mostValues = 100_000;
const mostLevels = 100;

const plainTags = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(tag => `tag:yaml.org,2002:${tag}`);

/**
 * Reads YAML 1.2 with aliases and merge keys, whatever version the text declares: `off` is a string. Reports all errors of
 * syntax; null if nothing can be read. Never throws.
 */
export function readYaml(text: string, report: (problem: Problem) => void): Reading | null {
  const tooMuch = boundsProblem(text);
  if (tooMuch !== null) {
    report(tooMuch);
    return null;
  }
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (document === null) {
    report(tooDeepAt(1));
    return null;
  }
  const positionAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = syntaxProblems(document.errors, positionAt);
  for (const problem of syntax) report(problem);
  if (syntax.length > 0) return null;
  const taken = takeApart(document, (offset, path, what, remedy) =>
    report({ ...positionAt(offset), path: pathText(path), what, remedy }),
  );
  if (taken === null) return null;
  return { value: taken.value, positionOf: (path, at) => positionAt(offsetOf(taken.spot, path, at)) };
}

function parsed(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, schema: 'core' });
  } catch (error) {
    // The parser's stack is full; a mistake of the parser's own would be something else.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function offsetOf(root: Spot, path: Path, at: 'key' | 'value'): number {
  let spot = root;
  for (const [depth, step] of path.entries()) {
    const part = spot.parts.get(step);
    if (part === undefined) return depth === 0 ? spot.value : spot.key;
    spot = part;
  }
  return at === 'key' ? spot.key : spot.value;
}

type Complain = (offset: number, path: Path, what: string, remedy: string) => void;
type Taken = { readonly value: unknown; readonly spot: Spot };

/** The state while a document is read from beginning to end. */
interface Walk {
  readonly complain: Complain;
  readonly anchors: Map<string, Node>;
  values: number;
}

function takeApart(document: Document.Parsed, complain: Complain): Taken | null {
  const walk: Walk = { complain, anchors: new Map(), values: 0 };
  const root = document.contents;
  const taken = take(walk, root, root?.range?.[0] ?? 0, []);
  return walk.values > mostValues ? null : taken;
}

function take(walk: Walk, node: Node | null, key: number, path: Path): Taken {
  const start = node?.range?.[0] ?? key;
  const spot: Spot = { key, value: start, parts: new Map() };
  walk.values += 1;
  if (path.length > mostLevels) walk.values = mostValues + 1;
  if (walk.values === mostValues + 1)
    walk.complain(start, [], 'aliases expand to too many values', 'write the value out');
  if (walk.values > mostValues) return { value: null, spot };
  if (isAlias(node)) {
    const target = walk.anchors.get(node.source);
    if (target !== undefined) return take(walk, target, key, path);
    walk.complain(start, path, 'this alias (*…) has no anchor above it', 'put a word with a * in quotes');
    return { value: undefined, spot };
  }
  const isTagged = node?.tag !== undefined && !plainTags.includes(node.tag);
  if (isTagged) walk.complain(start, path, ...tagSaid);
  const value = isTagged ? undefined : contentOf(walk, node, spot, path);
  // An anchor counts from its end on, so no value can hold itself.
  if (node !== null && 'anchor' in node && node.anchor) walk.anchors.set(node.anchor, node);
  return { value, spot };
}

function contentOf(walk: Walk, node: Node | null, spot: Spot, path: Path): unknown {
  if (isMap(node) && isSplitAddress(node)) {
    walk.complain(node.range?.[0] ?? spot.value, path, ...splitSaid);
    return undefined;
  }
  if (isMap<Node, Node | null>(node)) return takeMap(walk, node.items, spot, path);
  if (isSeq<Node | null>(node)) return takeList(walk, node.items, spot, path);
  return isScalar(node) ? node.value : null;
}

const takeList = (walk: Walk, items: readonly (Node | null)[], spot: Spot, path: Path): unknown[] =>
  items.map((item, index) => {
    const taken = take(walk, item, item?.range?.[0] ?? spot.value, [...path, index]);
    spot.parts.set(index, taken.spot);
    return taken.value;
  });

function takeMap(walk: Walk, pairs: readonly Pair<Node, Node | null>[], spot: Spot, path: Path): Mapping {
  const mapping: Mapping = Object.create(null);
  const merged: Taken[] = [];
  for (const pair of pairs) {
    const start = pair.key?.range?.[0] ?? spot.value;
    const key = keyOf(walk, pair.key, start, path);
    const taken = take(walk, pair.value, start, [...path, key ?? '?']);
    if (key === null) continue;
    if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') merged.push(taken);
    else if (key in mapping) walk.complain(start, [...path, key], ...twiceSaid);
    else {
      mapping[key] = taken.value;
      spot.parts.set(key, taken.spot);
    }
  }
  for (const taken of merged) mergeInto(walk, { value: mapping, spot }, taken, path);
  return mapping;
}

/** Without a prototype, so that a host may be called `constructor`. */
type Mapping = Record<string, unknown>;

const twiceSaid = ['is listed twice', 'remove one of them'] as const;
const tagSaid = ['has a tag (!…) that is not supported', 'remove the tag'] as const;

function keyOf(walk: Walk, node: Node | null, offset: number, path: Path): string | null {
  const key = isScalar(node) ? node.value : undefined;
  if (typeof key === 'string' && key !== '__proto__') return key;
  const shown = key === undefined ? 'a list or mapping' : key === null ? 'nothing' : quoted(key);
  walk.complain(offset, path, `${shown} is not a valid key`, 'write a word before the colon; a number goes in quotes');
  return null;
}

/** `<<: *anchor` or `<<: [*one, *other]`: what the mapping itself says counts, then the first that says it. */
function mergeInto(walk: Walk, into: { readonly value: Mapping; readonly spot: Spot }, from: Taken, path: Path): void {
  const sources = Array.isArray(from.value)
    ? from.value.map((value, index) => ({ value, spot: from.spot.parts.get(index) ?? from.spot }))
    : [from];
  for (const source of sources) {
    if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value)) {
      walk.complain(source.spot.value, [...path, '<<'], 'only mappings can be merged', 'write <<: *anchor');
      continue;
    }
    for (const [key, value] of Object.entries(source.value)) {
      if (key in into.value) continue;
      into.value[key] = value;
      into.spot.parts.set(key, source.spot.parts.get(key) ?? source.spot);
    }
  }
}
