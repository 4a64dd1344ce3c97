import { attemptsFromOutside, type HeardHere } from '../checks/first-hop.ts';
import { type AskedHost, askedHost } from '../checks/host-facts.ts';
import { type Judged, judgeFleet } from '../checks/judge.ts';
import { healthQuestions, publicAddress } from '../checks/questions.ts';
import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import { hearFromHere } from '../hosts/port-25.ts';
import { progressFor, silentProgress } from '../report/progress.ts';
import { observeAll } from '../run/converge.ts';
import type { Begun } from './begin.ts';
import { targetsOf } from './targets.ts';
import { CONCURRENCY, type CommonOptions, type Terminal } from './terminal.ts';

/** The observed state of a fleet. */
export interface Examination {
  readonly asked: readonly AskedHost[];
  readonly judged: readonly Judged[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Asks every host all questions of its resources and its checks, in one exchange each. All hosts are asked, because a
 * fault of a chosen host may have its cause on another.
 */
export async function examine(
  { fleet, connections, provided }: Begun,
  options: CommonOptions,
  terminal: Terminal,
): Promise<Examination> {
  const view = options.verbose ? progressFor([], options, terminal) : silentProgress;
  const targets = targetsOf(fleet, {}, connections).map((target, index) => {
    const host = fleet.hosts[index];
    return host ? { ...target, asks: [...(target.asks ?? []), ...healthQuestions(host, fleet)] } : target;
  });
  const heardHere = tryFromHere(fleet);
  const observation = await observeAll(targets, {
    concurrency: options.concurrency ?? CONCURRENCY,
    provided,
    onProgress: view.on,
  });
  const now = Date.now();
  const asked = fleet.hosts.map((host, index) => {
    const one = observation[index];
    if (!one) throw new Error(`${host.name} was not checked`);
    return askedHost(host, fleet, one);
  });
  return { asked, judged: judgeFleet(fleet, asked, now, await heardHere(asked)), now };
}

/**
 * MX addresses that no gateway has reached are tried from this machine, unless it is the relay. All are tried while the
 * hosts are asked, since only then is it known which of them were needed; nobody waits for the others.
 */
function tryFromHere(fleet: Fleet): (asked: readonly AskedHost[]) => Promise<HeardHere> {
  const mxs = relaysOf(fleet)
    .filter(relay => relay.ssh.kind !== 'local')
    .flatMap(relay => relay.mx.map(mx => ({ relay, mx, address: publicAddress(relay, mx) })));
  const tries = new Map([...new Set(mxs.map(one => one.address))].map(address => [address, hearFromHere(address)]));
  return async asked => {
    const missed = mxs.filter(
      ({ relay, mx }) =>
        asked.some(one => one.reached && one.host === relay) &&
        !attemptsFromOutside(relay, mx, fleet, { all: asked, heard: new Map() }).some(({ heard }) => heard),
    );
    const heard = await Promise.all(missed.map(async ({ address }) => [address, await tries.get(address)] as const));
    return new Map(heard.flatMap(([address, one]) => (one ? [[address, one] as const] : [])));
  };
}
