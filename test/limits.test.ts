/** How large things may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const LINES = 40;
const PARAMETERS = 4;
const CASTS = 10;

const root = join(import.meta.dirname, '..', 'src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({
    file,
    tree: ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true),
  }));

/** What `pick` says of each node of the program's source, with the file's name before it; null is passed over. */
const found = (pick: (node: ts.Node, lines: number) => string | null): readonly string[] =>
  sources.flatMap(({ file, tree }) => {
    const all: string[] = [];
    const line = (at: number): number => tree.getLineAndCharacterOfPosition(at).line;
    const visit = (node: ts.Node): void => {
      const name = pick(node, line(node.end) - line(node.getStart()) + 1);
      if (name !== null) all.push(`${file} ${name}`);
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return all;
  });

const nameOf = (node: ts.Node): string => {
  const holder = 'name' in node && node.name !== undefined ? node : node.parent;
  const name = ts.getNameOfDeclaration(holder as ts.Declaration);
  return name ? name.getText() : '?';
};

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

const isCast = (node: ts.Node): boolean =>
  ts.isNonNullExpression(node) || (ts.isAsExpression(node) && node.type.getText() !== 'const');

/** Its statement has no comment before it. */
const isWithoutReason = (cast: ts.Node): boolean => {
  const statement = ts.findAncestor(cast, ts.isStatement);
  return (ts.getLeadingCommentRanges(statement?.getSourceFile().text ?? '', statement?.pos ?? 0) ?? []).length === 0;
};

const isUnexplained = (node: ts.Node): boolean =>
  ts.isSourceFile(node.parent ?? node) &&
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(one => one.kind === ts.SyntaxKind.ExportKeyword) &&
  ts.getJSDocCommentsAndTags(node).length === 0;

describe('the source', () => {
  it(`has no function past ${LINES} lines`, () => {
    expect(found((node, length) => (isFunction(node) && length > LINES ? nameOf(node) : null))).toEqual([]);
  });

  it(`has no function with more than ${PARAMETERS} parameters`, () => {
    expect(found(node => (isFunction(node) && node.parameters.length > PARAMETERS ? nameOf(node) : null))).toEqual([]);
  });

  it('has few casts, each with its reason', () => {
    const casts = found(node => (isCast(node) ? node.getText() : null));
    expect(casts.length, casts.join('\n')).toBeLessThanOrEqual(CASTS);
    expect(found(node => (isCast(node) && isWithoutReason(node) ? node.getText() : null))).toEqual([]);
  });

  it('explains every export', () => {
    const bare = found(node => (isUnexplained(node) ? node.getText().split('\n', 1).join('') : null));
    expect(bare).toEqual([]);
  });
});
