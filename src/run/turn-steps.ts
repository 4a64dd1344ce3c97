/** What each member of a turn does, a function for each step. */

import { ask } from './ask.ts';
import type { Command } from './command.ts';
import { ConnectionLost } from './connection-lost.ts';
import type { DeadMan } from './dead-man.ts';
import { type Answer, type Section, sectionOf } from './exchange.ts';
import { type HostRun, observedOn, sessionOf } from './host-run.ts';
import { lockSection } from './lock.ts';
import { stepFailure } from './perform.ts';
import { openAgain, patience } from './recovery.ts';
import type { Progress } from './target.ts';
import type { KeyChange, Member, NewKeys, PublicKeys } from './turn-types.ts';
import { unverified, verificationSection } from './verification.ts';

/** What is the same in all turns of a rotation. */
export interface Rotation {
  /** What the keys are of, for people. */
  readonly of: string;
  /** By host; connected, asked, locked. */
  readonly runs: ReadonlyMap<string, HostRun>;
  /** Seconds for which a host waits for the confirmation. */
  readonly seconds: number;
  readonly deadMan: DeadMan;
  /** Switches to the prepared keys. */
  readonly switchOver: Command;
  /** Keeps it. Exit status 3: the host did that by itself. */
  readonly settle: Command;
  readonly onProgress: (event: Progress) => void;
}

/** @throws Error for a host that takes no part in the run. */
export const runOf = ({ host }: Member, { runs }: Rotation): HostRun => {
  const run = runs.get(host);
  if (!run) throw new Error(`${host} has not been connected`);
  return run;
};

const section = (label: string, { script, args }: Command, functions: string): Section =>
  sectionOf('step', label, { script: `${functions}\n${script}`, args });

/** Seconds: a step takes one at most; a host that is silent for longer is given up, so that the other end can roll back. */
const SILENCE_SECONDS = { step: 12, switch: 6, verification: 20 };

async function step(
  member: Member,
  one: Section,
  rotation: Rotation,
  silenceSeconds = SILENCE_SECONDS.step,
): Promise<Answer> {
  rotation.onProgress({ host: member.host, state: 'changing', label: one.label });
  const [answer] = await sessionOf(runOf(member, rotation)).exchange([one], { silenceSeconds });
  if (answer?.exit !== 0) throw stepFailure(member.host, one.label, answer ?? null);
  return answer;
}

/** New keys beside the old ones, under the dead-man switch. @throws Failure. */
export async function prepareOn(member: Member, rotation: Rotation): Promise<NewKeys> {
  const { functions } = rotation.deadMan;
  const answer = await step(member, section('makes new keys', member.prepare(rotation.seconds), functions), rotation);
  return member.read(answer.stdout.toString('utf8'));
}

/** Stages what the switch and the settling need, which are quick afterwards. @throws Failure. */
export async function readyOn(
  member: Member,
  keys: KeyChange,
  made: ReadonlyMap<string, NewKeys>,
  rotation: Rotation,
): Promise<void> {
  const command = member.ready(keys, made, observedOn(runOf(member, rotation)));
  await step(member, section('prepares the switch', command, rotation.deadMan.functions), rotation);
}

/** A connection that depends on the change may break; the verification shows the result. */
export async function switchOn(member: Member, rotation: Rotation): Promise<void> {
  const one = section('switches to the new keys', rotation.switchOver, '');
  await step(member, one, rotation, SILENCE_SECONDS.switch).catch(error => {
    if (!(error instanceof ConnectionLost)) throw error;
  });
}

/** Reconnects over a new TCP connection and verifies. @throws Failure. */
export async function verifyOn(member: Member, keys: PublicKeys, rotation: Rotation): Promise<void> {
  const { host } = member;
  const run = runOf(member, rotation);
  rotation.onProgress({ host, state: 'changing', label: 'reconnects' });
  run.sessions.push(await openAgain(run.target.reconnect, patience(rotation.seconds)));
  const verification = member.verification(keys);
  const asked = verificationSection(verification);
  rotation.onProgress({ host, state: 'changing', label: asked.label });
  const [, answer] = await sessionOf(run).exchange([lockSection(''), asked], {
    silenceSeconds: SILENCE_SECONDS.verification,
  });
  if (answer?.exit !== 0) throw unverified(host, verification, answer ?? null);
}

/** Renames the files, disarms the switch, and asks the host once more. */
export async function settleOn(member: Member, rotation: Rotation): Promise<void> {
  const { host } = member;
  const run = runOf(member, rotation);
  const one = section('keeps the new keys', rotation.settle, rotation.deadMan.functions);
  rotation.onProgress({ host, state: 'changing', label: one.label });
  const [settled] = await sessionOf(run)
    .exchange([one], { silenceSeconds: SILENCE_SECONDS.step })
    .catch(async error => {
      if (!(error instanceof ConnectionLost)) throw error;
      run.sessions.push(await openAgain(run.target.reconnect, patience(rotation.seconds)));
      return sessionOf(run).exchange([one]);
    });
  if (settled?.exit !== 0 && settled?.exit !== 3) throw stepFailure(host, one.label, settled ?? null);
  await ask(run, true);
}
