/** Questions that share one subshell of a host's shell. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { healthQuestions } from '../../src/checks/questions.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { frame } from '../../src/hosts/shell/frames.ts';
import { builtins, type Command, command } from '../../src/run/command.ts';
import type { Fact } from '../../src/run/fact.ts';
import { fact } from '../../src/run/fact.ts';
import { askSections } from '../../src/run/observe.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { article } from '../hosts/inventories.ts';
import { pdksh } from '../hosts/shells.ts';

const nonces = { marker: 'm', end: 'e' };
const asking = (name: string, run: Command): Fact<string> => fact(name, run, text => text);

it.each(pdksh)('shared questions have the answers of separate ones, and start one process, under %s', shell => {
  const pid = 'print -r -- "$(exec sh -c \'echo $PPID\')"';
  const facts = [
    asking('alone', command(`${pid}; exit 3`)),
    asking('a', builtins(`${pid}; value=a; [ $# -eq 2 ] || return 7; print -r -- "$1|$2"; return 4`, "it's", '* $x')),
    asking(
      'b',
      builtins(`${pid}; local own=b; for one; do print -r -- "<$one>"; done; set -- other; return 5`, 'x y', ''),
    ),
    asking('a again', builtins(`${pid}; value=a; [ $# -eq 2 ] || return 7; print -r -- "$1|$2"; return 4`)),
    asking('c', builtins(`${pid}; cat; print -r -- "$# $own"`)),
  ];
  const text = frame(0, askSections(facts), nonces);
  const said = execFileSync(shell, ['-c', `_mark() { echo "= $1"; }\n${text}`, 'sh', 'outer'], { encoding: 'utf8' });
  const answers = said.split(/^= 0 \d+ /m).map(one => one.split('\n').slice(1, -1));
  const exits = [...said.matchAll(/^= 0 (\d+ \d+)$/gm)].map(match => match[1]);
  // Of files nothing is asked here.
  expect(exits).toEqual(['0 0', '1 0', '2 0', '3 4', '4 5', '5 7', '6 0', '7 3']);
  expect(new Set(answers.slice(3, 7).map(([process]) => process)).size).toBe(1);
  expect(answers[7]?.[0]).not.toBe(answers[3]?.[0]);
  expect(answers.slice(3, 8).map(([, ...rest]) => rest)).toEqual([["it's|* $x"], ['<x y>', '<>'], [], ['0 '], []]);
});

it('shared questions leave the shell unchanged for those after them', () => {
  const fleet = readInventory('inventory.yaml', article);
  const shared = fleet.hosts
    .flatMap(host => [
      ...assign(allTasks, host, fleet).flatMap(({ resource }) => resource.questions),
      ...healthQuestions(host, fleet),
    ])
    .flatMap(question => (question.kind === 'run' && question.command.isShared ? [question.command.script] : []));
  expect(new Set(shared).size).toBeGreaterThan(16);
  for (const script of shared) {
    const text = script.replaceAll(/set -f\n.*\n +set \+f\n/g, '');
    expect(text).not.toMatch(/(?:^|[;&|({]|then|do|else) *(?:exit|exec|cd|trap|umask|ulimit|set [-+][a-zA-Z])\b/m);
  }
});

it('a host begins with what waits for other hosts', () => {
  const fleet = readInventory('inventory.yaml', article);
  for (const host of fleet.hosts) {
    const sections = askSections(healthQuestions(host, fleet));
    expect(sections.flatMap(({ isEarly }, at) => (isEarly ? [at] : []))).toEqual([sections.length - 1]);
    expect(frame(0, sections, nonces)).toMatch(/_failed=0\n\( eval '[\s\S]*hear\(\)[\s\S]* \) <\/dev\/null \| \{\n/);
  }
});
