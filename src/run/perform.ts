/** Makes one exchange of changes, and finds from its answers what was done. */

import { type Command, command } from './command.ts';
import { type Answer, type Section, type Session, sectionOf } from './exchange.ts';
import { Failure } from './failure.ts';
import { withKept } from './lost.ts';
import { askSections, observed } from './observe.ts';
import type { PlannedChange } from './plan.ts';
import type { Observed, Question } from './resource.ts';
import { STAGE_TEXTS } from './staging.ts';

/** A section to be run, and the change that it is a step of; null if it belongs to the run itself. */
export interface Move {
  readonly section: Section;
  readonly change: PlannedChange | null;
}

/** Syncs everything written so far to the host's disk: data, and what is kept for undo. */
export const syncMove: Move = { change: null, section: { label: 'syncs the disk', kind: 'step', script: 'sync' } };

/** @throws Failure if an argument has bytes from the host's answers that a shell word cannot contain. */
function move(change: PlannedChange, label: string, run: Command): Move {
  refuseUnspeakable(change, label, run);
  return { change, section: sectionOf('step', `${change.task}: ${label}`, run) };
}

function refuseUnspeakable(change: PlannedChange, label: string, { args }: Command): void {
  if (args.some(word => /\0|\p{Surrogate}/u.test(word)))
    throw new Failure(
      'answer-unusable',
      `"${label}" would need bytes from the host's answers that a shell word cannot contain`,
      change.resource,
      `find out what is wrong with ${change.resource} on the host, and run again`,
    );
}

/** A step's stage. */
interface Stage {
  readonly change: PlannedChange;
  readonly label: string;
  readonly stage: Command;
}

/**
 * The stages of all changes, which are run before the first step of any: a file is renamed only after it is on the disk. Texts
 * are written together, which takes fewer processes.
 */
export function stagesOf(changes: readonly PlannedChange[]): readonly Move[] {
  const stages = changes.flatMap(change =>
    change.steps.flatMap(({ label, stage }): Stage[] => (stage ? [{ change, label, stage }] : [])),
  );
  if (stages.length === 0) return [];
  const isText = ({ stage }: Stage): boolean => stage.script === STAGE_TEXTS;
  const others = stages.filter(one => !isText(one)).map(({ change, label, stage }) => move(change, label, stage));
  return [...others, ...textMoves(stages.filter(isText)), syncMove];
}

function textMoves(stages: readonly Stage[]): readonly Move[] {
  if (stages.length < 2) return stages.map(({ change, label, stage }) => move(change, label, stage));
  for (const { change, label, stage } of stages) refuseUnspeakable(change, label, stage);
  const all = command(STAGE_TEXTS, ...stages.flatMap(({ stage }) => stage.args));
  return [{ change: null, section: sectionOf('step', `stages ${stages.length} files`, all) }];
}

/** The steps of changes, in order. */
export const movesOf = (changes: readonly PlannedChange[]): readonly Move[] =>
  changes.flatMap(change => change.steps.map(step => move(change, step.label, step.command)));

/** The result of one exchange. */
export interface Performed {
  /** Changes of which every step succeeded. */
  readonly applied: readonly PlannedChange[];
  /** The failure of the first step that failed, or null. */
  readonly failure: Failure | null;
  /** The index of that step among the moves. */
  readonly failedAt: number | null;
  /** The host's answers afterwards. */
  readonly observed: Observed;
}

/**
 * Makes the moves and asks everything again, in one exchange.
 * @throws Failure when the connection is lost.
 */
export async function perform(
  session: Session,
  moves: readonly Move[],
  questions: readonly Question[],
  onStep: (label: string) => void,
): Promise<Performed> {
  const steps = moves.map(move => move.section);
  const shown = new Set<string>();
  const show = (label: string): void => {
    if (!shown.has(label)) onStep(label);
    shown.add(label);
  };
  if (steps[0]) show(steps[0].label);
  const answers = await session.exchange([...steps, ...askSections(questions)], {
    onAnswer: (index, answer) => {
      const next = steps[index + 1];
      if (next && answer?.exit === 0) show(next.label);
    },
  });
  const failed = steps.findIndex((_, index) => answers[index]?.exit !== 0);
  const undone = new Set(failed < 0 ? [] : moves.slice(failed).map(move => move.change));
  const asked = answers.slice(steps.length).filter(answer => answer !== null);
  return {
    applied: [...new Set(moves.map(move => move.change))]
      .filter(change => change !== null)
      .filter(change => !undone.has(change)),
    failure: failed < 0 ? null : stepFailure(session.host, steps[failed]?.label ?? '', answers[failed] ?? null),
    failedAt: failed < 0 ? null : failed,
    observed: await withKept(session, questions, observed(session.host, questions, asked)),
  };
}

/** The Failure for a step, with the host's error messages. */
export function stepFailure(host: string, label: string, answer: Answer | null): Failure {
  const lines = (answer?.stderr.toString('utf8') ?? '').trim().split('\n');
  // What a program complains of first is often the cause of the rest, and what a step says comes last.
  const said = (lines.length <= 6 ? lines : [...lines.slice(0, 3), '…', ...lines.slice(-3)]).join('\n  ');
  return new Failure(
    'step-failed',
    `${label} failed${answer ? ` with exit status ${answer.exit}` : ''}${said === '' ? '' : `:\n  ${said}`}`,
    host,
    'fix what it reports and run the same command again; completed steps are kept',
  );
}
