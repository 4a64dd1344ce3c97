/** One turn of a rotation: prepared, switched, proven and settled on all its members, or put back on all of them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from '../engine/command.ts';
import { ConnectionLost } from '../engine/connection-lost.ts';
import type { Progress } from '../engine/converge.ts';
import { DEAD_MAN } from '../engine/dead-man.ts';
import type { Answer, Section } from '../engine/exchange.ts';
import { Failure } from '../engine/failure.ts';
import { lockSection } from '../engine/lock.ts';
import { stepFailure } from '../engine/perform.ts';
import { openAgain, proofSection, putBack, unproven, type WayBack } from '../engine/proof.ts';
import { ask, sessionOf, type Way } from '../engine/way.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { script } from '../hosts/quoting.ts';
import { parseWgInterface } from '../openbsd/ifconfig.ts';
import { wgQuestion } from '../resources/wg-interface.ts';
import { PRIVATE_KEY } from '../resources/wg-key.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import { presharedKeyFile } from '../tasks/preshared-key.ts';
import {
  hostnameIfWith,
  membersOf,
  type PublicKeys,
  partnersOf,
  presharedIn,
  switchWords,
  type Turn,
} from '../tasks/rotation.ts';
import {
  makeReady,
  type Prepared,
  prepare,
  prepared,
  proveKeys,
  settle,
  switchOver,
} from '../tasks/rotation-scripts.ts';

export interface Rotation {
  readonly fleet: Fleet;
  /** By host; connected, looked at, locked. */
  readonly ways: ReadonlyMap<string, Way>;
  /** How long a host waits for the proof. */
  readonly seconds: number;
  readonly onProgress: (event: Progress) => void;
}

/** @returns the public keys after the turn. @throws Failure after everything was put back as far as hosts can be reached. */
export async function takeTurn(turn: Turn, keys: PublicKeys, rotation: Rotation): Promise<PublicKeys> {
  const members = membersOf(turn);
  const armedAt = Date.now();
  try {
    const made = await onAll(members, host => prepareOn(host, turn, rotation));
    const fresh = new Map([
      ...keys,
      ...made.flatMap(({ publicKey }, index) => (publicKey ? [[members[index]?.name ?? '', publicKey] as const] : [])),
    ]);
    await onAll(members, host =>
      readyOn(host, turn, { old: keys, new: fresh }, presharedFor(host, members, made), rotation),
    );
    await switchAll(members, rotation);
    await onAll(members, host => proveOn(host, turn, fresh, rotation));
    await onAll(members, host => settleOn(host, rotation));
    return fresh;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw await takenBack(members, error, armedAt, rotation);
  }
}

/** Work on all hosts at once. @throws the first Failure, when all have come to an end. */
async function onAll<T>(hosts: readonly TunnelHost[], work: (host: TunnelHost) => Promise<T>): Promise<T[]> {
  const results = await Promise.allSettled(hosts.map(work));
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
}

const wayOf = (host: TunnelHost, { ways }: Rotation): Way => {
  const way = ways.get(host.name);
  if (!way) throw new Error(`${host.name} has not been connected`);
  return way;
};

const section = (label: string, command: Command, functions = DEAD_MAN): Section => ({
  label,
  kind: 'step',
  script: script(`${functions}\n${command.script}`, ...command.args),
});

async function step(host: TunnelHost, one: Section, rotation: Rotation): Promise<Answer> {
  rotation.onProgress({ host: host.name, state: 'changing', label: one.label });
  const [answer] = await sessionOf(wayOf(host, rotation)).exchange([one]);
  if (answer?.exit !== 0) throw stepFailure(host.name, one.label, answer ?? null);
  return answer;
}

async function prepareOn(host: TunnelHost, turn: Turn, rotation: Rotation): Promise<Prepared> {
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
function presharedFor(host: TunnelHost, members: readonly TunnelHost[], made: readonly Prepared[]) {
  if (host.role === 'gateway') return [];
  return members.flatMap((member, index) => {
    const key = made[index]?.preshared.get(presharedKeyFile(host.name));
    return key === undefined ? [] : [{ path: presharedKeyFile(member.name), key }];
  });
}

async function readyOn(
  host: TunnelHost,
  turn: Turn,
  keys: { readonly old: PublicKeys; readonly new: PublicKeys },
  preshared: readonly { readonly path: string; readonly key: string }[],
  rotation: Rotation,
): Promise<void> {
  const { fleet } = rotation;
  const { interface: name } = fleet.tunnel;
  const running = parseWgInterface(wayOf(host, rotation).observed?.run(wgQuestion(name).name).stdout.toString() ?? '');
  const command = makeReady({
    interface: name,
    hostnameIf: hostnameIfWith(host, fleet, keys.new),
    words: switchWords(host, turn, fleet, keys, running, PRIVATE_KEY),
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

/** All members at the same moment: a nearer one waits for as long as the command is under way to the farthest. */
async function switchAll(members: readonly TunnelHost[], rotation: Rotation): Promise<void> {
  const away = await onAll(members, host => halfRoundTrip(wayOf(host, rotation)));
  const farthest = Math.max(...away);
  await onAll(members, async host => {
    const wait = farthest - (away[members.indexOf(host)] ?? 0);
    if (wait >= 2) await delay(wait);
    // A connection that leads through the tunnel may not survive it; the proof will tell.
    await step(host, section('switches over', switchOver, ''), rotation).catch(error => {
      if (!(error instanceof ConnectionLost)) throw error;
    });
  });
}

/** Milliseconds. */
async function halfRoundTrip(way: Way): Promise<number> {
  const from = performance.now();
  await sessionOf(way).exchange([{ label: 'measures the way', kind: 'ask', script: ':' }]);
  return (performance.now() - from) / 2;
}

async function proveOn(host: TunnelHost, turn: Turn, keys: PublicKeys, rotation: Rotation): Promise<void> {
  const way = wayOf(host, rotation);
  rotation.onProgress({ host: host.name, state: 'changing', label: 'comes back over a new connection' });
  way.sessions.push(await openAgain(way.target.reconnect));
  const proof = proofSection(proveKeys(rotation.fleet.tunnel.interface, tunnelsOf(host, turn, keys, rotation.fleet)));
  rotation.onProgress({ host: host.name, state: 'changing', label: proof.label });
  const [, answer] = await sessionOf(way).exchange([lockSection(''), proof]);
  if (answer?.exit !== 0) throw unproven(host.name, answer ?? null);
}

/** The files follow, the switch is disarmed, and the host is looked at once more. Exit status 3: it had done it itself. */
async function settleOn(host: TunnelHost, rotation: Rotation): Promise<void> {
  const way = wayOf(host, rotation);
  const one = section('keeps the new keys', settle);
  rotation.onProgress({ host: host.name, state: 'changing', label: one.label });
  const settled = await sessionOf(way)
    .exchange([one])
    .catch(async error => {
      if (!(error instanceof ConnectionLost)) throw error;
      way.sessions.push(await openAgain(way.target.reconnect));
      return sessionOf(way).exchange([one]);
    });
  if (settled[0]?.exit !== 0 && settled[0]?.exit !== 3) throw stepFailure(host.name, one.label, settled[0] ?? null);
  await ask(way, true);
}

async function takenBack(
  members: readonly TunnelHost[],
  failure: Failure,
  armedAt: number,
  rotation: Rotation,
): Promise<Failure> {
  const deadline = armedAt + (rotation.seconds + 30) * 1000;
  const backs = await onAll(members, async host => {
    const way = wayOf(host, rotation);
    rotation.onProgress({ host: host.name, state: 'changing', label: 'puts back the old keys' });
    const { back, reverted } = await putBack(way.sessions, way.target.reconnect, deadline);
    way.remarks.push(...reverted);
    if (back !== 'unknown') await ask(way, true);
    return back;
  });
  const those = (how: WayBack): string =>
    members
      .filter((_, index) => backs[index] === how)
      .map(host => host.name)
      .join(' and ');
  const end = those('unknown')
    ? `${those('unknown')} can't be asked and decides by itself ${rotation.seconds} s after it was armed`
    : those('by itself')
      ? `${those('by itself')} has decided by itself: the remarks say how`
      : 'the old keys are in use again';
  return new Failure(`${failure.what}; ${end}`, failure.where, failure.remedy);
}
