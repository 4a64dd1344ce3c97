import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { InventoryErrors } from '../hosts/inventory/errors.ts';
import { readInventory } from '../hosts/inventory.ts';
import { Failure } from '../run/failure.ts';
import type { Answers } from './init-answers.ts';
import { type Examine, examineOverSsh } from './init-examine.ts';
import { type Finder, finderFor, isRole, ROLES } from './init-finder.ts';
import { optionOf, type Question, questions } from './init-questions.ts';
import { inventoryText } from './init-text.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun init`; those that may be repeated are lists. */
export type InitOptions = { readonly [Key in keyof Answers]?: string | readonly string[] } & {
  /** The file to write; the default is `inventory.yaml`. */
  readonly out?: string;
  /** Whether to replace an existing file. */
  readonly force?: boolean;
  readonly json?: boolean;
};

/** Asks a person. Resolves to null at the end of input. */
export type Ask = (prompt: string) => Promise<string | null>;

/**
 * Writes a first inventory from options and, on a terminal, from answers to questions. Resolves to the exit status.
 * Examines the hosts to which it can log in; any other host causes only a note.
 * @throws Failure for an answer that is missing or wrong, and for a file that exists.
 */
export async function init(
  options: InitOptions,
  terminal: Terminal,
  ask?: Ask,
  examine: Examine = examineOverSsh(),
): Promise<number> {
  const path = options.out ?? 'inventory.yaml';
  const file = resolve(terminal.cwd, path);
  if (existsSync(file) && options.force !== true) {
    throw new Failure(
      'file-in-the-way',
      'the file exists already',
      path,
      'choose another with --out, or replace it with --force',
    );
  }
  const finder = finderFor(examine, terminal);
  const answers = await answersFrom(options, terminal, finder, ask);
  const text = inventoryText(answers, await finder.all());
  refuseContradictions(path, text);
  await writeFile(file, text, { flag: options.force === true ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      'file-unusable',
      `cannot be written: ${error.code ?? error.message}`,
      path,
      'choose another with --out',
    );
  });
  if (options.json) terminal.out(`${JSON.stringify({ command: 'init', out: path })}\n`);
  terminal.err(`wrote ${path}; next: mailtun provision --check${path === 'inventory.yaml' ? '' : ` ${path}`}\n`);
  return EXIT.well;
}

/** Answers that are valid individually may still contradict each other, such as by the same address twice. */
function refuseContradictions(path: string, text: string): void {
  try {
    readInventory(path, text);
  } catch (error) {
    if (!(error instanceof InventoryErrors)) throw error;
    const what = error.problems.map(problem => `${problem.path}: ${problem.what}`).join('; ');
    throw new Failure(
      'usage',
      `these answers contradict each other: ${what}`,
      'init',
      'nothing was written; change one of them',
    );
  }
}

async function answersFrom(options: InitOptions, terminal: Terminal, finder: Finder, ask?: Ask): Promise<Answers> {
  const lines = ask === undefined && terminal.interactive ? linesOf(terminal) : null;
  try {
    const answers: Partial<Record<keyof Answers, string>> = {};
    for (const role of ROLES)
      if (options[role] !== undefined) finder.begin(role, [options[role]].flat().join(' ').trim());
    for (const question of questions) {
      const typed = options[question.key];
      if (typed !== undefined) answers[question.key] = checked(question, [typed].flat().join(' '), answers);
      else if (question.when?.(answers) === false) answers[question.key] = '';
      else {
        const usual = question.usual(answers, await finder.all());
        const asking = { usual, ask: ask ?? lines?.ask, onWrong: terminal.err };
        answers[question.key] = await answerTo(question, answers, asking);
      }
      if (isRole(question.key)) finder.begin(question.key, answers[question.key] ?? '');
    }
    if (!isComplete(answers)) throw new Error('a question was left out');
    return answers;
  } finally {
    lines?.close();
  }
}

const isComplete = (answers: Partial<Answers>): answers is Answers =>
  questions.every(({ key }) => answers[key] !== undefined);

function checked(question: Question, answer: string, earlier: Partial<Answers>): string {
  const wrong = question.wrong(answer.trim(), earlier);
  if (wrong !== null) throw new Failure('usage', wrong.what, optionOf(question), wrong.remedy);
  return answer.trim();
}

/** Asks until the answer is valid; without anybody to ask, the default. */
async function answerTo(
  question: Question,
  earlier: Partial<Answers>,
  {
    usual,
    ask,
    onWrong,
  }: { readonly usual: string | null; readonly ask: Ask | undefined; readonly onWrong: Terminal['err'] },
): Promise<string> {
  const missing = new Failure(
    'usage',
    `${optionOf(question)} is missing`,
    'init',
    `add ${optionOf(question)}: ${question.prompt}`,
  );
  if (ask === undefined) {
    if (usual === null) throw missing;
    return usual;
  }
  for (;;) {
    const said = await ask(`${question.prompt}${usual ? ` [${usual}]` : ''}: `);
    if (said === null) throw missing;
    const answer = said.trim() === '' && usual !== null ? usual : said.trim();
    const wrong = question.wrong(answer, earlier);
    if (wrong === null) return answer;
    onWrong(`${wrong.what}; ${wrong.remedy}\n`);
  }
}

/** Asks on standard error, so that standard output has only results. */
function linesOf(terminal: Terminal): { ask: Ask; close: () => void } {
  const lines = createInterface({ input: process.stdin });
  const answers = lines[Symbol.asyncIterator]();
  return {
    ask: async prompt => {
      terminal.err(prompt);
      const { value, done } = await answers.next();
      if (done === true) terminal.err('\n');
      return done === true ? null : value;
    },
    close: () => lines.close(),
  };
}
