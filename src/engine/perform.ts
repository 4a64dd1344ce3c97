/** From changes to one exchange, and from its answers to what was done. */
import { script } from '../hosts/quoting.ts';
import type { Answer, Section, Session } from './exchange.ts';
import { Failure } from './failure.ts';
import { askSections, observed } from './observe.ts';
import type { PlannedChange } from './plan.ts';
import type { Observed, Question } from './resource.ts';

export interface Performed {
  /** Changes whose steps all went well. */
  readonly applied: readonly PlannedChange[];
  /** The step that did not, or null. */
  readonly failure: Failure | null;
  /** The host's answers after all of it. */
  readonly observed: Observed;
}

/** The sections of a plan's changes, first the lock that keeps other runs out. */
export const stepSections = (changes: readonly PlannedChange[]): readonly Section[] => [
  { label: 'takes the lock', kind: 'step', script: 'lock' },
  ...changes.flatMap(change =>
    change.steps.map(step => ({
      label: `${change.task}: ${step.label}`,
      kind: 'step' as const,
      script: script(step.command.script, ...step.command.args),
    })),
  ),
];

/**
 * Makes the changes and asks everything again, in one exchange.
 * @throws Failure when the connection is lost.
 */
export async function perform(
  session: Session,
  changes: readonly PlannedChange[],
  questions: readonly Question[],
  onStep: (label: string) => void = () => {},
): Promise<Performed> {
  const steps = stepSections(changes);
  const answers = await session.exchange([...steps, ...askSections(questions)], {
    onAnswer: index => {
      const next = steps[index + 1];
      if (next) onStep(next.label);
    },
  });
  const failed = steps.findIndex((_, index) => answers[index]?.exit !== 0);
  const asked = answers.slice(steps.length).filter(answer => answer !== null);
  return {
    applied: appliedBefore(changes, failed < 0 ? Number.POSITIVE_INFINITY : failed),
    failure: failed < 0 ? null : stepFailure(session.host, steps[failed]?.label ?? '', answers[failed] ?? null),
    observed: observed(session.host, questions, asked),
  };
}

function appliedBefore(changes: readonly PlannedChange[], failed: number): readonly PlannedChange[] {
  let end = 1; // the lock
  return changes.filter(change => {
    end += change.steps.length;
    return end <= failed;
  });
}

function stepFailure(host: string, label: string, answer: Answer | null): Failure {
  const said = (answer?.stderr.toString('utf8') ?? '').trim().split('\n').slice(-6).join('\n  ');
  return new Failure(
    `${label} failed${answer ? ` with exit status ${answer.exit}` : ''}${said === '' ? '' : `:\n  ${said}`}`,
    host,
    'mend what it says and run the same command again; what was done before it stays and is found in order',
  );
}
