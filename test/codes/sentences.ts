/** Finds code that decides by a sentence for people: its text may change at any time. */
import ts from 'typescript';

/** Fields that hold sentences for people. */
const SENTENCES = new Set(['what', 'why', 'remedy', 'label', 'evidence']);

/** Methods of strings, regular expressions and lists that look into a text or compare it. */
const LOOKING =
  /^(includes|(starts|ends)With|match(All)?|search|(lastI|i)ndexOf|replace(All)?|split|slice|test|exec|localeCompare)$/;

/** Names in a file that stand for a sentence: its fields, and variables that got one of them under another name. */
function namesOf(tree: ts.SourceFile): ReadonlySet<string> {
  const names = new Set(SENTENCES);
  const visit = (node: ts.Node): void => {
    if (ts.isBindingElement(node) && ts.isIdentifier(node.name) && isSentence(node.propertyName, SENTENCES))
      names.add(node.name.text);
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && isSentence(node.initializer, names))
      names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

/** Whether an expression is a sentence, also behind `?.`, brackets, `??`, a template or a method that returns a text. */
function isSentence(node: ts.Node | undefined, names: ReadonlySet<string>): boolean {
  if (node === undefined) return false;
  if (ts.isIdentifier(node)) return names.has(node.text);
  if (ts.isPropertyAccessExpression(node)) return SENTENCES.has(node.name.text);
  if (ts.isElementAccessExpression(node))
    return ts.isStringLiteral(node.argumentExpression) && SENTENCES.has(node.argumentExpression.text);
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node))
    return isSentence(node.expression, names);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return isSentence(node.left, names);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return (
      /^(trim\w*|to\w+Case|toString|at|normalize)$/.test(node.expression.name.text) &&
      isSentence(node.expression.expression, names)
    );
  return false;
}

const isText = (node: ts.Node): boolean =>
  (ts.isStringLiteralLike(node) && node.text !== '') || ts.isTemplateExpression(node);

/** Every place in a source file that looks into a sentence or compares it with a text. */
export function decisionsBySentence(file: string, text: string): readonly string[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const names = namesOf(tree);
  const found: string[] = [];
  const looks = (node: ts.Node): boolean => {
    if (ts.isSwitchStatement(node)) return isSentence(node.expression, names);
    if (ts.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText())) {
      const sides = [node.left, node.right];
      return sides.some(side => isSentence(side, names)) && sides.some(isText);
    }
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
    const { expression, name } = node.expression;
    return LOOKING.test(name.text) && [expression, ...node.arguments].some(one => isSentence(one, names));
  };
  const visit = (node: ts.Node): void => {
    if (looks(node)) found.push(`${file}: ${node.getText().split('\n', 1)[0]}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
