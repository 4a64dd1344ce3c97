/** A host's answers, as a test wants them. */

import { sha256 } from '../src/resources/file.ts';
import type { Answer } from '../src/run/exchange.ts';
import { worldOf } from '../src/run/plan.ts';
import type { FileState, Observed, Question, Resource, World } from '../src/run/resource.ts';

export const answer = (stdout = '', exit = 0, stderr = ''): Answer => ({
  exit,
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(stderr),
});

/** A plain file of root's, 0644, unless it says otherwise. */
export const plainFile = (path: string, text: string, more: Partial<FileState> = {}): FileState => ({
  path,
  type: 'file',
  mode: '0644',
  owner: 'root',
  group: 'wheel',
  content: Buffer.from(text),
  sha256: sha256(text),
  ...more,
});

/** There is no such file. */
export const absent = (path: string): FileState => ({
  path,
  type: 'missing',
  mode: '',
  owner: '',
  group: '',
  content: null,
  sha256: null,
});

/** @throws Error for a file or a fact that has no answer here; a file that is missing is named as well: absent(). */
export const observing = (files: readonly FileState[] = [], runs: Readonly<Record<string, Answer>> = {}): Observed => ({
  file(path) {
    const said = files.find(file => file.path === path);
    if (!said) throw new Error(`this test has no answer to: ${path}`);
    return said;
  },
  get({ name, parse }) {
    const said = runs[name];
    if (!said) throw new Error(`this test has no answer to: ${name}`);
    return parse(said);
  },
});

/**
 * The answers to these questions: files that are not named are missing, commands that are not named printed nothing.
 * @throws Error for what none of them asks, and for an answer to none of them.
 */
export function answering(
  questions: readonly Question[],
  files: readonly FileState[] = [],
  runs: Readonly<Record<string, Answer>> = {},
): Observed {
  const asked = new Map(questions.map(one => (one.kind === 'file' ? [one.path, null] : [one.name, one.command])));
  for (const name of [...files.map(({ path }) => path), ...Object.keys(runs)])
    if (!asked.has(name)) throw new Error(`nobody asks ${name}`);
  return {
    file(path) {
      if (!asked.has(path)) throw new Error(`nobody asked ${path}`);
      return files.find(file => file.path === path) ?? absent(path);
    },
    get({ name, command, parse }) {
      if (asked.get(name)?.script !== command.script) throw new Error(`nobody asked ${name}`);
      return parse(runs[name] ?? answer());
    },
  };
}

/** The same, to everything that resources ask. */
export const answeringAll = (
  resources: readonly { readonly resource: Pick<Resource, 'questions'> }[],
  ...says: Parameters<typeof answering> extends [unknown, ...infer rest] ? rest : never
): Observed =>
  answering(
    resources.flatMap(({ resource }) => resource.questions),
    ...says,
  );

/** The files that smtpd.conf names and that are asked about: other tasks of mailtun have made them. */
export const namedFilesAsked = (questions: readonly Question[]): readonly FileState[] =>
  [...new Set(questions.flatMap(one => (one.kind === 'file' && NAMED.test(one.path) ? [one.path] : [])))].map(path =>
    plainFile(path, ''),
  );
const NAMED = /\.ssc$|^\/etc\/(ssl\/(lan|vpn)ca\.pem|mail\/(aliases|recipients|secrets))$/;

/** A world in which these public parts are known and these resources will change. */
export const world = (
  published: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  changing: readonly string[] = [],
  now = Date.parse('2026-11-22T08:00:00Z'),
): World => worldOf(new Map(Object.entries(published)), { willChange: id => changing.includes(id), now });
