/** The whole path of mail, hop by hop, and a verdict on each. Pure. */
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { HeardHere } from './first-hop.ts';
import { judgeHost } from './host.ts';
import { type AskedHost, factsOf } from './host-facts.ts';
import { judgeInternet } from './internet.ts';
import { judgeMailbox } from './mailbox.ts';
import { judgeOutside } from './outside.ts';
import { type Hop, hopsOf } from './path.ts';
import type { Provision, Verdict } from './problem.ts';
import { provisionAll } from './remedies.ts';
import { judgeSmtp } from './smtp.ts';
import { judgeTunnel } from './tunnel.ts';

/** A hop and the verdict on it. */
export interface Judged {
  readonly hop: Hop;
  readonly verdict: Verdict;
}

/** @param now milliseconds since 1970, for dates in certificates. @param heard by the machine that runs mailtun. */
export function judgeFleet(
  fleet: Fleet,
  all: readonly AskedHost[],
  now: number,
  heard: HeardHere = new Map(),
): readonly Judged[] {
  const askedOn = (host: Host): AskedHost => {
    const asked = all.find(one => one.host.name === host.name);
    if (!asked) throw new Error(`${host.name} was not checked`);
    return asked;
  };
  const hops = hopsOf(fleet);
  const tunnels = new Map<string, Verdict>();
  const key = (tunnel: { readonly relay: Host; readonly gateway: Host }): string =>
    `${tunnel.relay.name} ${tunnel.gateway.name}`;
  const judge = (hop: Hop): Judged => {
    if (hop.kind === 'host') return { hop, verdict: judgeHost(askedOn(hop.host), all, fleet) };
    if (hop.kind === 'internet')
      return { hop, verdict: judgeInternet(hop, askedOn(hop.relay), fleet, { now, all, heard }) };
    if (hop.kind === 'mailbox') return { hop, verdict: judgeMailbox(hop, askedOn(hop.host), fleet) };
    if (hop.kind === 'outside') return { hop, verdict: judgeOutside(hop, askedOn(hop.relay), fleet) };
    if (hop.kind === 'tunnel') {
      const verdict = judgeTunnel(hop, askedOn(hop.relay), askedOn(hop.gateway), fleet);
      tunnels.set(key(hop), verdict);
      return { hop, verdict };
    }
    const tunnelIsWell = hop.tunnel === null || tunnels.get(key(hop.tunnel))?.kind !== 'broken';
    return { hop, verdict: judgeSmtp(hop, askedOn(hop.from), askedOn(hop.to), { fleet, tunnelIsWell, now }) };
  };
  return hops.map(judge).map(({ hop, verdict }) => ({ hop, verdict: feasible(verdict, all, fleet) }));
}

/**
 * A task that waits for something that is not made yet, there or on another host, cannot be provisioned alone; and files
 * that mailtun did not write are replaced only with --take-over.
 */
function feasible(verdict: Verdict, all: readonly AskedHost[], fleet: Fleet): Verdict {
  if (verdict.kind !== 'broken' || verdict.problem.provisions === null) return verdict;
  const { remedy: provision, provisions: hosts } = verdict.problem;
  const waiting = factsOf(all, verdict.problem.host)?.plan.waiting ?? [];
  const remedy = withTakeOver(waiting.length > 0 ? provisionAll(fleet) : { provision, hosts }, all);
  return { kind: 'broken', problem: { ...verdict.problem, remedy } };
}

function withTakeOver({ provision, hosts }: Provision, all: readonly AskedHost[]): string {
  const files = all.flatMap(asked =>
    asked.reached && (hosts.length === 0 || hosts.includes(asked.host.name)) ? asked.plan.takesOver : [],
  );
  if (files.length === 0) return provision;
  const which = [...new Set(files)].join(', ');
  return `${provision} --take-over, or first with --check --diff: it replaces ${which}, which mailtun did not write`;
}

/** For doctor: the first broken hop counts; broken ones after it are reported as not checked. */
export function diagnosis(judged: readonly Judged[]): readonly Judged[] {
  const first = judged.findIndex(({ verdict }) => verdict.kind === 'broken');
  if (first < 0) return judged;
  return judged.map((one, index) =>
    index > first && one.verdict.kind === 'broken'
      ? { hop: one.hop, verdict: { kind: 'unknown', evidence: 'not checked: an earlier hop is broken' } }
      : one,
  );
}
