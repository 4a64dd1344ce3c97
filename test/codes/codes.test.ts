import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../src/codes/failures.ts';
import { PROBLEM_CODES } from '../../src/codes/problems.ts';
import { REASON_CODES } from '../../src/codes/reasons.ts';
import { decisionsBySentence, textsIn } from './sentences.ts';

const root = join(import.meta.dirname, '..', '..', 'src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Five words or more, and no statement of smtpd.conf(5). */
const isSentence = (text: string): boolean =>
  text.split(' ').length >= 5 && !/^(action|match|table|listen) /.test(text);

/** Where codes are used: problems by health alone. */
const TABLES = [
  ['problems', PROBLEM_CODES, /^checks\//],
  ['failures', FAILURE_CODES, /^(?!codes\/)/],
  ['reasons', REASON_CODES, /^(run|resources|tasks|commands)\//],
] as const;

describe.each(TABLES)('the codes of %s', (_, table, users) => {
  const codes = Object.keys(table);

  it('are in kebab-case and in order', () => {
    expect(codes.filter(code => !/^[a-z]+(-[a-z0-9]+)*$/.test(code))).toEqual([]);
    expect(codes).toEqual([...codes].sort());
  });
  it('are all used', () => {
    const used = sources.filter(({ file }) => users.test(file)).map(({ text }) => text);
    expect(codes.filter(code => !used.some(text => text.includes(`'${code}'`)))).toEqual([]);
  });
});

describe('a code', () => {
  it('means the same in every table, and nothing else does', () => {
    const all = TABLES.flatMap(([, table]) => Object.entries(table));
    const pairs = new Set(all.map(([code, meaning]) => `${code}: ${meaning}`)).size;
    expect(new Set(all.map(([code]) => code)).size).toBe(pairs);
    expect(new Set(all.map(([, meaning]) => meaning)).size).toBe(pairs);
  });
});

describe('a sentence', () => {
  it('is written once: what says the same in two files is a function or a constant', () => {
    const places = new Map<string, Set<string>>();
    for (const { file, text } of sources.filter(({ file }) => !file.startsWith('codes/')))
      for (const sentence of textsIn(file, text))
        if (isSentence(sentence)) places.set(sentence, (places.get(sentence) ?? new Set()).add(file));
    expect([...places].filter(([, files]) => files.size > 1).map(([one, files]) => `${one}: ${[...files]}`)).toEqual(
      [],
    );
  });
});

describe('a decision', () => {
  it('never depends on a sentence', () => {
    expect(sources.flatMap(({ file, text }) => decisionsBySentence(file, text))).toEqual([]);
  });
  it('never depends on the message of an error: its code tells', () => {
    // In facts/ a message is a line of a log; zod takes one text for what is wrong and the remedy; commander has a prefix.
    const others = sources.filter(({ file }) => !/^(facts|hosts\/inventory)\/|^cli\.ts$/.test(file));
    expect(others.flatMap(({ file, text }) => decisionsBySentence(file, text, ['message']))).toEqual([]);
  });
  it('of a check never depends on what a program of a host has said: src/facts knows what that means', () => {
    const checks = sources.filter(({ file }) => file.startsWith('checks/'));
    const words = ['said', 'reason', 'stdout', 'stderr'];
    expect(checks.flatMap(({ file, text }) => decisionsBySentence(file, text, words))).toEqual([]);
  });
  it.each([
    "problem.what.includes('x')",
    "problem?.remedy?.startsWith('mailtun provision ')",
    "problem['why'].startsWith('disabled')",
    '/died of it/.test(change.why.trim())',
    "problem.what === 'smtpd is not running'",
    'problem.what == `no ${thing}`',
    "const { what: text } = problem; text.endsWith('x')",
    'const said = problem.evidence ?? ""; /x/.exec(said)',
    "switch (problem.what) { case 'x': break; }",
    "'a b c'.includes(label)",
    "const said = `maillog: ${problem.why}`; said.includes('x')",
    "(last === null ? 'nothing' : problem.why).includes('x')",
  ])('is found in %s', code => {
    expect(decisionsBySentence('x.ts', code)).toHaveLength(1);
  });
});
