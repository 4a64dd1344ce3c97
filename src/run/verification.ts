/** Verifies, after risky changes, that the connections between hosts still work. */

import type { Command } from './command.ts';
import { type Answer, type Section, sectionOf } from './exchange.ts';
import { Failure } from './failure.ts';
import { fail, type HostRun, observedOn, sessionOf } from './host-run.ts';
import { certainOn } from './judge.ts';
import type { RunOptions, Verification } from './target.ts';
import { eachOf } from './waits.ts';

/** The section that runs a verification. */
export const verificationSection = ({ of, command }: Verification): Section =>
  sectionOf('ask', `verifies that ${of} works`, command);

/**
 * A neighbour that the run cannot ask may have a change of its own to roll back, or be off: a risky change that has to be
 * verified with it is not begun until it answers. @returns whether that is so on a host.
 */
export async function tryFirst(
  runs: readonly HostRun[],
  all: readonly HostRun[],
  options: RunOptions,
): Promise<boolean> {
  const away = new Set(all.filter(run => run.failure !== null || !certainOn(run)).map(run => run.target.host));
  const trials = new Map(
    runs.flatMap(run => {
      const observed = observedOn(run);
      const trial = run.before && observed ? run.target.trial?.(run.before, observed, away) : null;
      return trial ? [[run, trial] as const] : [];
    }),
  );
  const tried = [...trials.keys()];
  await eachOf(tried, 'a first test', options, async run => {
    const trial = trials.get(run);
    const answer = trial ? await answerTo(run, trial, options) : null;
    if (trial && answer?.exit !== 0) throw untried(run.target.host, trial, answer);
  });
  return tried.some(run => run.failure !== null);
}

function untried(host: string, { of }: Verification, answer: Answer | null): Failure {
  return new Failure(
    'not-verifiable',
    `not changed, because that could not be verified: ${of} worked, and ${saidIn(answer)}`,
    host,
    'run again when it answers; after some minutes of silence it no longer counts as one that works',
  );
}

/**
 * A connection has several ends: if one cannot be verified, all are rolled back.
 * @param runs the changed hosts. @param all every host of the run: an unchanged one may have to start the handshake.
 */
export async function verify(runs: readonly HostRun[], all: readonly HostRun[], options: RunOptions): Promise<void> {
  const callers = new Set(all.filter(run => callOf(run) !== null).map(run => run.target.host));
  const verifications = verificationsOf(runs, callers);
  // An unchanged far end may still use its old session: only a new handshake of its own ends that.
  if (verifications.length === 0) {
    await Promise.all(all.filter(run => !runs.includes(run)).map(call));
    return;
  }
  const verified = new Map(verifications.map(({ run, verification }) => [run, verification]));
  await Promise.all([
    eachOf([...verified.keys()], 'the verification', options, run => verifyOn(run, verified.get(run), options)),
    ...all.filter(run => !verified.has(run)).map(call),
  ]);
  failTogether(verifications);
}

interface HostVerification {
  readonly run: HostRun;
  readonly verification: Verification;
}

/** Hosts that start handshakes come first, so that the others are called before they give up, whatever the concurrency. */
function verificationsOf(runs: readonly HostRun[], callers: ReadonlySet<string>): readonly HostVerification[] {
  const verifications = runs.flatMap(run => {
    const { before, failure, target } = run;
    const observed = observedOn(run);
    const verification =
      failure === null && before && observed ? (target.verification?.(before, observed, callers) ?? null) : null;
    return verification ? [{ run, verification }] : [];
  });
  const calls = ({ run }: HostVerification): number => Number(callers.has(run.target.host));
  return verifications.toSorted((a, b) => calls(b) - calls(a));
}

async function verifyOn(run: HostRun, verification: Verification | undefined, options: RunOptions): Promise<void> {
  if (!verification) return;
  const answer = await answerTo(run, verification, options);
  if (answer?.exit !== 0) throw unverified(run.target.host, verification, answer);
}

async function answerTo(run: HostRun, verification: Verification, { onProgress }: RunOptions): Promise<Answer | null> {
  const section = verificationSection(verification);
  onProgress({ host: run.target.host, state: 'changing', label: section.label });
  const [answer] = await sessionOf(run).exchange([section]);
  return answer ?? null;
}

function failTogether(verifications: readonly HostVerification[]): void {
  const failed = verifications
    .filter(({ run }) => run.failure !== null)
    .map(({ run }) => run.target.host)
    .join(', ');
  if (failed === '') return;
  const remedy = `fix what is reported for ${failed}, then run again`;
  for (const { run, verification } of verifications)
    fail(
      run,
      new Failure('other-host-failed', `${verification.of} was not verified on ${failed}`, run.target.host, remedy),
    );
}

function callOf(run: HostRun): Command | null {
  const observed = observedOn(run);
  return run.failure === null && observed ? (run.target.call?.(observed) ?? null) : null;
}

/** If a host cannot start a handshake, its far end is not verified, which is reported there. */
async function call(run: HostRun): Promise<void> {
  const command = callOf(run);
  if (!command) return;
  await sessionOf(run)
    .exchange([sectionOf('ask', 'contacts its neighbours', command)])
    .catch(error => {
      if (!(error instanceof Failure)) throw error;
    });
}

/** What to do where hosts do not reach each other. */
export const TO_FIND_OUT = 'run mailtun doctor to find out why';

/** @param answer of a verification's section. */
export function unverified(host: string, { of }: Verification, answer: Answer | null): Failure {
  return new Failure(
    'verification-failed',
    `${of} does not work after the change: ${saidIn(answer)}`,
    host,
    TO_FIND_OUT,
  );
}

function saidIn(answer: Answer | null): string {
  const said = (answer?.stderr.toString('utf8') ?? '').trim().split('\n').at(-1) ?? '';
  return said === '' ? 'no answer' : said;
}
