/** What each member of a turn does, a function for each step. */

import type { Fleet } from '../hosts/fleet.ts';
import { wgIn } from '../resources/wg-interface.ts';
import { ask } from '../run/ask.ts';
import type { Command } from '../run/command.ts';
import { ConnectionLost } from '../run/connection-lost.ts';
import type { Answer, Section } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { type HostRun, observedOn, sessionOf } from '../run/host-run.ts';
import { lockSection } from '../run/lock.ts';
import { stepFailure } from '../run/perform.ts';
import { proofSection, unproven } from '../run/proof.ts';
import { script } from '../run/quoting.ts';
import { openAgain, patience } from '../run/recovery.ts';
import type { Progress } from '../run/target.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import { presharedKeyFile } from '../tasks/preshared-key.ts';
import { DEAD_MAN } from '../tasks/rollback.ts';
import { hostnameIfWith, type PublicKeys, partnersOf, presharedIn, switchWords, type Turn } from '../tasks/rotation.ts';
import {
  makeReady,
  type Prepared,
  prepare,
  prepared,
  proveKeys,
  settle,
  switchOver,
} from '../tasks/rotation-scripts.ts';

/** What the steps of a rotation share. */
export interface Rotation {
  readonly fleet: Fleet;
  /** By host; connected, looked at, locked. */
  readonly runs: ReadonlyMap<string, HostRun>;
  /** How long a host waits for the proof. */
  readonly seconds: number;
  readonly onProgress: (event: Progress) => void;
}

/** @throws Error for a host that is not among the ways. */
export const runOf = (host: TunnelHost, { runs }: Rotation): HostRun => {
  const run = runs.get(host.name);
  if (!run) throw new Error(`${host.name} has not been connected`);
  return run;
};

const section = (label: string, command: Command, functions = DEAD_MAN.functions): Section => ({
  label,
  kind: 'step',
  script: script(`${functions}\n${command.script}`, ...command.args),
});

/** A step of a rotation takes a second at most; who is silent for longer is cut off, and the other end can go back. */
const SILENCE_SECONDS = { step: 12, switch: 6, proof: 20 };

async function step(
  host: TunnelHost,
  one: Section,
  rotation: Rotation,
  silenceSeconds = SILENCE_SECONDS.step,
): Promise<Answer> {
  rotation.onProgress({ host: host.name, state: 'changing', label: one.label });
  const [answer] = await sessionOf(runOf(host, rotation)).exchange([one], { silenceSeconds });
  if (answer?.exit !== 0) throw stepFailure(host.name, one.label, answer ?? null);
  return answer;
}

/** New keys beside the old ones, under the dead-man switch. @throws Failure. */
export async function prepareOn(host: TunnelHost, turn: Turn, rotation: Rotation): Promise<Prepared> {
  const own = host.role === 'gateway' ? presharedIn(host, turn, rotation.fleet).map(({ path }) => path) : [];
  const rotates = turn.rotating.includes(host);
  const answer = await step(host, section('makes new keys', prepare(rotation.seconds, rotates, own)), rotation);
  const result = prepared(answer.stdout.toString('utf8'));
  if ((rotates && result.publicKey === null) || result.preshared.size !== own.length)
    throw new Failure(
      'its new keys are no WireGuard keys',
      host.name,
      'see whether openssl rand -base64 32 works there',
    );
  return result;
}

/** What the gateways have made for `host`, as it will be kept there. */
export function presharedFor(host: TunnelHost, members: readonly TunnelHost[], made: readonly Prepared[]) {
  if (host.role === 'gateway') return [];
  return members.flatMap((member, index) => {
    const key = made[index]?.preshared.get(presharedKeyFile(host.name));
    return key === undefined ? [] : [{ path: presharedKeyFile(member.name), key }];
  });
}

/** Stages what the switch and the settling need, which are quick afterwards. @throws Failure. */
export async function readyOn(
  host: TunnelHost,
  turn: Turn,
  keys: { readonly old: PublicKeys; readonly new: PublicKeys },
  preshared: readonly { readonly path: string; readonly key: string }[],
  rotation: Rotation,
): Promise<void> {
  const { fleet } = rotation;
  const { interface: name } = fleet.tunnel;
  const observed = observedOn(runOf(host, rotation));
  const running = observed && wgIn(observed, name);
  const command = makeReady({
    interface: name,
    hostnameIf: hostnameIfWith(host, fleet, keys.new),
    words: switchWords(host, turn, fleet, { keys, running }),
    tunnels: tunnelsOf(host, turn, keys.new, fleet),
    preshared,
  });
  await step(host, section('makes ready for the switch', command), rotation);
}

const tunnelsOf = (host: TunnelHost, turn: Turn, keys: PublicKeys, fleet: Fleet) =>
  partnersOf(host, turn, fleet).map(peer => ({
    address: peer.tunnel.address,
    publicKey: keys.get(peer.name) ?? '',
  }));

/** Exactly one ifconfig command. A connection that leads through the tunnel may not survive it; the proof will tell. */
export async function switchOn(host: TunnelHost, rotation: Rotation): Promise<void> {
  await step(host, section('switches over', switchOver, ''), rotation, SILENCE_SECONDS.switch).catch(error => {
    if (!(error instanceof ConnectionLost)) throw error;
  });
}

/** Comes back over a new TCP connection and asks for a handshake with the new keys and an answer. @throws Failure. */
export async function proveOn(host: TunnelHost, turn: Turn, keys: PublicKeys, rotation: Rotation): Promise<void> {
  const run = runOf(host, rotation);
  rotation.onProgress({ host: host.name, state: 'changing', label: 'comes back over a new connection' });
  run.sessions.push(await openAgain(run.target.reconnect, patience(rotation.seconds)));
  const proof = proveKeys(rotation.fleet.tunnel.interface, tunnelsOf(host, turn, keys, rotation.fleet));
  const asked = proofSection(proof);
  rotation.onProgress({ host: host.name, state: 'changing', label: asked.label });
  const [, answer] = await sessionOf(run).exchange([lockSection(''), asked], {
    silenceSeconds: SILENCE_SECONDS.proof,
  });
  if (answer?.exit !== 0) throw unproven(host.name, proof, answer ?? null);
}

/** The files follow, the switch is disarmed, the host is looked at once more. Exit status 3: it did it by itself. */
export async function settleOn(host: TunnelHost, rotation: Rotation): Promise<void> {
  const run = runOf(host, rotation);
  const one = section('keeps the new keys', settle);
  rotation.onProgress({ host: host.name, state: 'changing', label: one.label });
  const settled = await sessionOf(run)
    .exchange([one], { silenceSeconds: SILENCE_SECONDS.step })
    .catch(async error => {
      if (!(error instanceof ConnectionLost)) throw error;
      run.sessions.push(await openAgain(run.target.reconnect, patience(rotation.seconds)));
      return sessionOf(run).exchange([one]);
    });
  if (settled[0]?.exit !== 0 && settled[0]?.exit !== 3) throw stepFailure(host.name, one.label, settled[0] ?? null);
  await ask(run, true);
}
