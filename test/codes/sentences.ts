/** Finds code that decides by a sentence for people: its text may change at any time. */
import ts from 'typescript';

/** Fields that hold sentences for people. */
const SENTENCES = ['what', 'why', 'remedy', 'label', 'evidence'];

/** Methods of strings, regular expressions and lists that look into a text or compare it. */
const LOOKING =
  /^(includes|(starts|ends)With|match(All)?|search|(lastI|i)ndexOf|replace(All)?|split|slice|test|exec|localeCompare)$/;

/** What stands for a sentence in a file: fields, and the variables that got one of them, also under another name. */
interface Known {
  readonly fields: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

function knownIn(tree: ts.SourceFile, all: readonly string[]): Known {
  const fields = new Set(all);
  const names = new Set(all);
  const visit = (node: ts.Node): void => {
    if (
      ts.isBindingElement(node) &&
      ts.isIdentifier(node.name) &&
      isSentence(node.propertyName, { fields, names: fields })
    )
      names.add(node.name.text);
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && isSentence(node.initializer, { fields, names }))
      names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { fields, names };
}

/** Whether an expression is a sentence, also behind `?.`, brackets, `??`, a template or a method that returns a text. */
function isSentence(node: ts.Node | undefined, known: Known): boolean {
  if (node === undefined) return false;
  if (ts.isIdentifier(node)) return known.names.has(node.text);
  if (ts.isPropertyAccessExpression(node)) return known.fields.has(node.name.text);
  if (ts.isElementAccessExpression(node))
    return ts.isStringLiteral(node.argumentExpression) && known.fields.has(node.argumentExpression.text);
  if (ts.isTemplateExpression(node)) return node.templateSpans.some(({ expression }) => isSentence(expression, known));
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node))
    return isSentence(node.expression, known);
  if (ts.isConditionalExpression(node)) return isSentence(node.whenTrue, known) || isSentence(node.whenFalse, known);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return isSentence(node.left, known);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return (
      /^(trim\w*|to\w+Case|toString|at|normalize)$/.test(node.expression.name.text) &&
      isSentence(node.expression.expression, known)
    );
  return false;
}

const isText = (node: ts.Node): boolean =>
  (ts.isStringLiteralLike(node) && node.text !== '') || ts.isTemplateExpression(node);

/** Every place in a source file that looks into a sentence or compares it with a text. @param fields that hold sentences. */
export function decisionsBySentence(file: string, text: string, fields = SENTENCES): readonly string[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const known = knownIn(tree, fields);
  const found: string[] = [];
  const looks = (node: ts.Node): boolean => {
    if (ts.isSwitchStatement(node)) return isSentence(node.expression, known);
    if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
      const sides = [node.left, node.right];
      return sides.some(side => isSentence(side, known)) && sides.some(isText);
    }
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
    const { expression, name } = node.expression;
    return LOOKING.test(name.text) && [expression, ...node.arguments].some(one => isSentence(one, known));
  };
  const visit = (node: ts.Node): void => {
    if (looks(node)) found.push(`${file}: ${node.getText().split('\n', 1)[0]}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** Every text in a source file but the paths of imports, as it is written there. */
export function textsIn(file: string, text: string): readonly string[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && !ts.isImportDeclaration(node.parent))
      found.push(node.getText().slice(1, -1));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
