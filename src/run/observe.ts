/** From questions to one exchange, and from its answers to an Observed. */

import { builtins, type Command, command, type Part } from './command.ts';
import { type Answer, type Section, sectionOf } from './exchange.ts';
import { UNANSWERED } from './fact.ts';
import { Failure } from './failure.ts';
import { lockingFlags } from './file-flags.ts';
import type { FileState, Observed, Question } from './resource.ts';

type Want = Extract<Question, { kind: 'file' }>['want'];

// stat(1) prints a line for each existing path; its errors about the others on stderr are ignored here, but not those of a
// shell that cannot start it. The sizes tell where each file ends in the output of cat(1).
const STAT = `exec stat -f '%HT|%OMp%OLp|%Su|%Sg|%z|%f|%N' "$@"`;
const CONTENTS = `
asked=$#
for path; do [ -f "$path" ] && [ ! -h "$path" ] && set -- "$@" "$path"; done
shift $asked
[ $# -gt 0 ] || exit 0
exec cat "$@"
`;
const HASHES = `
for path; do [ -f "$path" ] && [ ! -h "$path" ] && sha256 "$path"; done
exit 0
`;

const pathsWanting = (questions: readonly Question[], wants: readonly Want[]): string[] => [
  ...new Set(questions.flatMap(q => (q.kind === 'file' && wants.includes(q.want) ? [q.path] : []))),
];

/** @throws Error for two commands under one name: one of them would get the other's answer. */
function runsOf(questions: readonly Question[]): readonly (readonly [name: string, command: Command])[] {
  const runs = new Map<string, Command>();
  for (const question of questions) {
    if (question.kind !== 'run') continue;
    const { name, command } = question;
    const other = runs.get(name);
    if (other && (other.script !== command.script || other.args.join('\0') !== command.args.join('\0')))
      throw new Error(`two questions are called ${name}`);
    runs.set(name, command);
  }
  return [...runs].toSorted(([, a], [, b]) => placeOf(a) - placeOf(b));
}

/** Those that share a process have to be in a row, and what begins early comes last. */
const placeOf = ({ isShared, isEarly }: Command): number => (isShared ? 0 : isEarly ? 2 : 1);

/** The sections that answer all questions: three about files, then one for each `run`. */
export function askSections(questions: readonly Question[]): readonly Section[] {
  const paths = [
    ['looks at files', STAT, pathsWanting(questions, ['content', 'hash', 'stat'])],
    ['reads files', CONTENTS, pathsWanting(questions, ['content'])],
    ['sums files', HASHES, pathsWanting(questions, ['hash'])],
  ] as const;
  return [
    ...paths.map(([label, text, args]) =>
      sectionOf('ask', label, args.length > 0 ? command(text, ...args) : builtins(':')),
    ),
    ...runsOf(questions).map(([name, run]) => sectionOf('ask', `asks ${name}`, run)),
  ];
}

/**
 * @param answers those of `askSections(questions)`, in its order.
 * @throws Failure where a file changed while it was read, or a program on the host has not answered.
 */
export function observed(host: string, questions: readonly Question[], answers: readonly Answer[]): Observed {
  const [stat, contents, hashes, ...rest] = answers;
  if (!stat || !contents || !hashes) throw new Error(`${host}: answers without questions`);
  const said = contents.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
  if (contents.exit !== 0) throw unread(host, `files could not be read${said === '' ? '' : `: ${said}`}`);
  if (stat.stdout.length === 0 && contents.stdout.length > 0)
    throw unread(
      host,
      'stat(1) printed nothing about existing files',
      'check whether it works on the host, and run again',
    );
  for (const answer of rest) refuseUnanswered(host, answer);
  const files = fileStates(
    stat.stdout,
    splitContents(host, contents.stdout, pathsWanting(questions, ['content']), sizes(stat.stdout)),
    splitHashes(hashes.stdout),
  );
  const asked = new Set(pathsWanting(questions, ['content', 'hash', 'stat']));
  const runs = new Map(
    runsOf(questions).map(([name, { script: asked }], index) => [name, { asked, answer: rest[index] }]),
  );
  return {
    file(path) {
      if (!asked.has(path)) throw new Error(`nobody asked ${host} about ${path}`);
      return files.get(path) ?? { ...MISSING, path };
    },
    get({ name, command, parse }) {
      const { asked, answer } = runs.get(name) ?? {};
      if (!answer) throw new Error(`nobody asked ${host} for ${name}`);
      if (asked !== command.script) throw new Error(`${host} was asked something else under the name ${name}`);
      return parse(answer);
    },
  };
}

/** The questions to be repeated after a part of a run. */
export const questionsAfter = (part: Part, questions: readonly Question[]): readonly Question[] =>
  questions.filter(one => one.kind === 'file' || !one.command.unchangedBy?.includes(part));

/** The answers to `repeated`, which has every file, and those of before to what was not asked again. */
export function renewed(before: Observed, now: Observed, repeated: readonly Question[]): Observed {
  const names = new Set(repeated.flatMap(one => (one.kind === 'run' ? [one.name] : [])));
  return { file: now.file, get: fact => (names.has(fact.name) ? now : before).get(fact) };
}

const unread = (host: string, what: string, remedy = 'run the same command again'): Failure =>
  new Failure('files-unreadable', what, host, remedy);

function refuseUnanswered(host: string, { exit, stderr }: Answer): void {
  if (exit !== UNANSWERED) return;
  const [what = 'a question was not answered', remedy = 'run the same command again'] = stderr
    .toString('utf8')
    .split('\n');
  throw new Failure('daemon-not-answering', what, host, remedy);
}

const MISSING = { type: 'missing', mode: '', owner: '', group: '', content: null, sha256: null } as const;

const TYPES: Readonly<Record<string, FileState['type']>> = {
  'Regular File': 'file',
  Directory: 'directory',
  'Symbolic Link': 'link',
};

function fileStates(
  lines: Buffer,
  contents: ReadonlyMap<string, Buffer>,
  hashes: ReadonlyMap<string, string>,
): ReadonlyMap<string, FileState> {
  const states = new Map<string, FileState>();
  for (const line of lines.toString('utf8').split('\n')) {
    const [type, mode, owner, group, , flags = '', ...name] = line.split('|');
    const path = name.join('|');
    if (type === undefined || mode === undefined || owner === undefined || group === undefined || path === '') continue;
    states.set(path, {
      path,
      type: TYPES[type] ?? 'other',
      mode,
      owner,
      group,
      content: contents.get(path) ?? null,
      sha256: hashes.get(path) ?? null,
      flags: lockingFlags(flags),
    });
  }
  return states;
}

/** Of the files among the lines of STAT, in bytes. */
const sizes = (lines: Buffer): ReadonlyMap<string, number> =>
  new Map(
    lines
      .toString('utf8')
      .split('\n')
      .map(line => line.split('|'))
      .flatMap(([type, , , , size, , ...name]) =>
        type === 'Regular File' ? [[name.join('|'), Number(size)] as const] : [],
      ),
  );

function splitContents(
  host: string,
  bytes: Buffer,
  paths: readonly string[],
  sizeOf: ReadonlyMap<string, number>,
): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>();
  let offset = 0;
  for (const path of paths) {
    const size = sizeOf.get(path);
    if (size === undefined) continue;
    contents.set(path, bytes.subarray(offset, offset + size));
    offset += size;
  }
  if (offset !== bytes.length) throw unread(host, 'a file changed while it was being read');
  return contents;
}

function splitHashes(lines: Buffer): ReadonlyMap<string, string> {
  const found = [...lines.toString('utf8').matchAll(/^SHA256 \((.+)\) = ([0-9a-f]{64})$/gm)];
  return new Map(found.map(match => [match[1] ?? '', match[2] ?? '']));
}
