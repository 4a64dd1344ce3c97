/** The outcome of provision, for programs and for people. */

import { plural } from '../run/plural.ts';
import type { Outcome } from '../run/target.ts';
import { errorJson } from './failure.ts';
import { printable } from './printable.ts';

/** The document of --json, which is a contract; that of undo has the same form. */
export function provisionJson(outcomes: readonly Outcome[], check: boolean, command: 'provision' | 'undo'): object {
  const hosts = outcomes.map(outcome => ({
    name: outcome.host,
    ok: outcome.failure === null,
    changed: changed(outcome, check),
    unchanged: outcome.unchanged,
    roundTrips: outcome.roundTrips,
    changes: outcome.changes.map(({ task, resource, codes, why, applied }) => ({
      task,
      resource,
      codes,
      why,
      applied,
    })),
    error: errorJson(outcome.failure),
  }));
  return { command, check, hosts, totals: totals(outcomes, check) };
}

const changed = (outcome: Outcome, check: boolean): number =>
  outcome.changes.filter(change => check || change.applied).length;

const totals = (outcomes: readonly Outcome[], check: boolean) => ({
  changed: sum(outcomes.map(outcome => changed(outcome, check))),
  unchanged: sum(outcomes.map(outcome => outcome.unchanged)),
  failed: outcomes.filter(outcome => outcome.failure).length,
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** The outcome of each host, with the remedy of each failure; ends with a newline. */
export function provisionText(outcomes: readonly Outcome[], check: boolean): string {
  const width = Math.max(...outcomes.map(outcome => outcome.host.length));
  const lines = outcomes.flatMap(outcome => {
    const shown = outcome.changes.filter(change => check || change.applied);
    const left = outcome.changes.length - shown.length;
    return [
      `${outcome.host.padEnd(width)}  ${verdict(outcome, check)}`,
      ...shown.map(change => `  ${check ? '~' : '+'} ${change.task}: ${change.resource}: ${change.why}`),
      ...outcome.notes.map(note => `  * ${note}`),
      ...(outcome.failure ? [`  ! ${outcome.failure.what}`, `    ${outcome.failure.remedy}`] : []),
      ...(left > 0 ? [`    ${plural(left, 'change')} not made`] : []),
    ];
  });
  const all = totals(outcomes, check);
  const total = `${all.changed} ${check ? 'to change' : 'changed'}, ${all.unchanged} unchanged, ${all.failed} failed`;
  return printable(`${[...lines, total].join('\n')}\n`);
}

function verdict(outcome: Outcome, check: boolean): string {
  const count = `${changed(outcome, check)} ${check ? 'to change' : 'changed'}, ${outcome.unchanged} unchanged`;
  return `${outcome.failure ? 'failed: ' : ''}${count}, ${plural(outcome.roundTrips, 'round trip')}`;
}

/** Notes for people, which the document does not contain. */
export const notesText = (outcomes: readonly Pick<Outcome, 'host' | 'notes'>[]): string =>
  printable(outcomes.flatMap(({ host, notes }) => notes.map(note => `${host}: ${note}\n`)).join(''));
