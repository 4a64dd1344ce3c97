import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { leftoversSection } from '../../src/run/leftovers.ts';
import { lockSection } from '../../src/run/lock.ts';
import { plan } from '../../src/run/plan.ts';
import { prelude } from '../../src/run/prelude.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { INVENTORY } from '../../src/tasks/credentials.ts';
import { DEAD_MAN, ROLLBACK } from '../../src/tasks/rollback.ts';
import { answeringAll } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { acme, article, bouncesSent, fleetOf, singleMachine, tlsOff, twoRelays } from './fleets.ts';

/** By text, what each script is for: all questions, all steps of a bare host, and the run's own. */
const scripts = new Map<string, string>([
  [prelude(ROLLBACK, '20261122T080500Z-4f2a', 'jay@desk'), 'the functions of a session'],
  [DEAD_MAN.functions, 'the dead-man switch'],
  [lockSection('').script, 'the lock'],
  [leftoversSection(true).script, 'what earlier runs left'],
]);
for (const fleet of [article, singleMachine, twoRelays, acme, tlsOff, bouncesSent].map(fleetOf)) {
  // Whatever others publish is known, so that nothing waits.
  const anything = new Proxy<Record<string, string>>({}, { get: () => `${'A'.repeat(43)}=` });
  const published = new Map([INVENTORY, ...fleet.hosts.map(host => host.name)].map(name => [name, anything]));
  for (const host of fleet.hosts) {
    const assigned = assign(allTasks, host, fleet);
    for (const { task, resource } of assigned)
      for (const question of resource.questions)
        if (question.kind === 'run') scripts.set(question.command.script, `${task} asks ${question.name}`);
    for (const { task, steps } of plan(assigned, answeringAll(assigned), published, { now: 0 }).changes)
      for (const step of steps) scripts.set(step.command.script, `${task}: ${step.label}`);
  }
}
const all = [...scripts].map(([text, about]) => ({ about, text }));

// The script as it would run: without what stands in comments and, for words that may be text, in single quotes.
const code = (text: string): string => text.replaceAll(/(^|\s)#.*$/gm, '').replaceAll(/'[^']*'/g, "''");

/** What OpenBSD's ksh or base does not have, or does otherwise. */
const foreign: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["$'…'", /\$'/],
  ['<<< words', /<<</],
  ['here-documents, which go through /tmp', /<<-?\s*['"A-Za-z_]/],
  ['${v/a/b}', /\$\{\w+\/[^}]*\}/],
  ['process substitution', /[<>]\(/],
  ['[[ =~ ]]', /=~/],
  ['&> and |&', /&>|\|&(?!&)/],
  ['printf, an external program that shows its words', /\bprintf\b/],
  ['GNU programs', /\b(bash|sudo|python3?|curl|wget|base64|sha256sum|realpath|flock|setsid|tac|truncate|seq)\s+-?\w/],
  [
    'sed -i with a suffix apart, or GNU options',
    /\bsed -i ''|\bsed --|\bgrep -P|\bgrep --|\bstat -c|\bdate -d|\bhead -c|\breadlink -m/,
  ],
];

describe('every script that a host is sent', () => {
  test('is checked', () => {
    expect(all.length).toBeGreaterThan(25);
  });

  test.each(foreign)('does not use %s', (_, pattern) => {
    // openssl has a base64 of its own, as a command and as an option.
    const found = all.filter(({ text }) => pattern.test(code(text).replaceAll(/openssl (base64|rand -base64)/g, '')));
    expect(found.map(({ about }) => about)).toEqual([]);
  });

  test.each(pdksh)('is parsed by a shell of the pdksh family: %s', shell => {
    for (const { about, text } of all)
      expect(() => execFileSync(shell, ['-n'], { input: text, stdio: 'pipe' }), about).not.toThrow();
  });
});
