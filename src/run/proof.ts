/** The proof that what was risked works between hosts. */

import type { Command } from './command.ts';
import type { Answer, Section } from './exchange.ts';
import { Failure } from './failure.ts';
import { fail, type HostRun, observedOn, sessionOf } from './host-run.ts';
import { script } from './quoting.ts';
import type { Proof, RunOptions } from './target.ts';
import { eachOf } from './waits.ts';

/** The section that runs a proof. */
export const proofSection = ({ of, command }: Proof): Section => ({
  label: `proves that ${of} works`,
  kind: 'ask',
  script: script(command.script, ...command.args),
});

/**
 * What has to work between hosts has several ends: where one can't be proven, all go back to where they were.
 * @param runs those that were changed. @param all every host of the run: one that was not may have to call.
 */
export async function prove(runs: readonly HostRun[], all: readonly HostRun[], options: RunOptions): Promise<void> {
  const callers = new Set(all.filter(run => callOf(run) !== null).map(run => run.target.host));
  const proofs = proofsOf(runs, callers);
  // A far end that did not change may still talk to what was here before: nothing but its call shows it the new.
  if (proofs.length === 0) {
    await Promise.all(all.filter(run => !runs.includes(run)).map(call));
    return;
  }
  const proven = new Map(proofs.map(({ run, proof }) => [run, proof]));
  await Promise.all([
    eachOf([...proven.keys()], 'the proof', options, run => proveOn(run, proven.get(run), options)),
    ...all.filter(run => !proven.has(run)).map(call),
  ]);
  failTogether(proofs);
}

interface HostProof {
  readonly run: HostRun;
  readonly proof: Proof;
}

/** Who is called has to be called before his patience ends, however few hosts are worked on at the same time. */
function proofsOf(runs: readonly HostRun[], callers: ReadonlySet<string>): readonly HostProof[] {
  const proofs = runs.flatMap(run => {
    const { before, failure, target } = run;
    const observed = observedOn(run);
    const proof = failure === null && before && observed ? (target.proof?.(before, observed, callers) ?? null) : null;
    return proof ? [{ run, proof }] : [];
  });
  const calls = ({ run }: HostProof): number => Number(callers.has(run.target.host));
  return proofs.toSorted((a, b) => calls(b) - calls(a));
}

async function proveOn(run: HostRun, proof: Proof | undefined, { onProgress }: RunOptions): Promise<void> {
  if (!proof) return;
  const { host } = run.target;
  const section = proofSection(proof);
  onProgress({ host, state: 'changing', label: section.label });
  const [answer] = await sessionOf(run).exchange([section]);
  if (answer?.exit !== 0) throw unproven(host, proof, answer ?? null);
}

function failTogether(proofs: readonly HostProof[]): void {
  const failed = proofs
    .filter(({ run }) => run.failure !== null)
    .map(({ run }) => run.target.host)
    .join(', ');
  if (failed === '') return;
  const remedy = `fix what is reported for ${failed}, then run again`;
  for (const { run, proof } of proofs)
    fail(run, new Failure(`${proof.of} is not proven on ${failed}`, run.target.host, remedy));
}

function callOf(run: HostRun): Command | null {
  const observed = observedOn(run);
  return run.failure === null && observed ? (run.target.call?.(observed) ?? null) : null;
}

/** A host that can't call leaves its far end without a proof, which is told there. */
async function call(run: HostRun): Promise<void> {
  const command = callOf(run);
  if (!command) return;
  await sessionOf(run)
    .exchange([{ label: 'calls its far ends', kind: 'ask', script: script(command.script, ...command.args) }])
    .catch(error => {
      if (!(error instanceof Failure)) throw error;
    });
}

/** @param answer of a proof's section. */
export function unproven(host: string, { of }: Proof, answer: Answer | null): Failure {
  const said = (answer?.stderr.toString('utf8') ?? '').trim().split('\n').at(-1) ?? '';
  return new Failure(
    `${of} does not work after its change: ${said === '' ? 'no proof' : said}`,
    host,
    'mailtun doctor says why',
  );
}
