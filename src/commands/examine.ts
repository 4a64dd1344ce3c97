import { type HeardHere, looksFromOutside } from '../checks/first-hop.ts';
import { type Judged, judgeFleet } from '../checks/judge.ts';
import { healthQuestions, publicAddress } from '../checks/questions.ts';
import { type HostSeen, seenOf } from '../checks/seen.ts';
import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import { hearFromHere } from '../hosts/port-25.ts';
import { progressFor, silentProgress } from '../report/progress.ts';
import type { ProgressView } from '../report/progress-view.ts';
import { lookAt } from '../run/converge.ts';
import type { Begun } from './begin.ts';
import { targetsOf } from './targets.ts';
import { CONCURRENCY, type CommonOptions, type Terminal } from './terminal.ts';

/** A fleet as it was found. */
export interface Examination {
  readonly seen: readonly HostSeen[];
  readonly judged: readonly Judged[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Asks every host everything, in one exchange each: what its resources ask, and how it is. All hosts are asked, for
 * what is wrong on a chosen one may lie at another.
 */
export async function examine(
  { fleet, connections, given }: Begun,
  options: CommonOptions,
  terminal: Terminal,
  view: ProgressView = options.verbose ? progressFor([], options, terminal) : silentProgress,
): Promise<Examination> {
  const targets = targetsOf(fleet, {}, connections).map((target, index) => {
    const host = fleet.hosts[index];
    return host ? { ...target, asks: [...(target.asks ?? []), ...healthQuestions(host, fleet)] } : target;
  });
  const looked = await lookAt(targets, {
    concurrency: options.concurrency ?? CONCURRENCY,
    given,
    onProgress: view.on,
  });
  const now = Date.now();
  const seen = fleet.hosts.map((host, index) => {
    const one = looked[index];
    if (!one) throw new Error(`${host.name} was not looked at`);
    return seenOf(host, fleet, one);
  });
  return { seen, judged: judgeFleet(fleet, seen, now, await heardHere(fleet, seen)), now };
}

/** What no gateway has reached is tried from here, unless here is the relay. */
async function heardHere(fleet: Fleet, seen: readonly HostSeen[]): Promise<HeardHere> {
  const missed = relaysOf(fleet).flatMap(relay =>
    relay.ssh.kind === 'local' || !seen.some(one => one.reached && one.host === relay)
      ? []
      : relay.mx
          .filter(mx => !looksFromOutside(relay, mx, fleet, { all: seen, heard: new Map() }).some(({ heard }) => heard))
          .map(mx => publicAddress(relay, mx)),
  );
  const heard = await Promise.all(
    [...new Set(missed)].map(async address => [address, await hearFromHere(address)] as const),
  );
  return new Map(heard.flatMap(([address, one]) => (one ? [[address, one] as const] : [])));
}
