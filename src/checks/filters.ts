/** Filters of a relay: one that does not start, get ready or work, and what they have refused. Pure. */
import { listensOn } from '../facts/netstat.ts';
import type { Refusals } from '../facts/refusals.ts';
import { smtpSession } from '../facts/smtp-session.ts';
import type { Fleet, Relay } from '../hosts/fleet.ts';
import { programsOf } from '../tasks/smtpd-filters.ts';
import type { HostFacts } from './host-facts.ts';
import { endedFilter } from './mail-log.ts';
import { type Problem, problem } from './problem.ts';
import { on, provisionCommand } from './remedies.ts';
import { troubleOfSession } from './trouble.ts';

/** smtpd ends with a filter that ends, and answers nobody before all of them are ready (lka_filter.c, smtpd.c). */
export function filterProblem(facts: HostFacts, fleet: Fleet): Problem | null {
  const { host, smtpd, log } = facts;
  const programs = programsOf(host);
  if (host.role !== 'relay' || programs.length === 0) return null;
  const back = `then ${on(host, 'rcctl restart smtpd')}; or remove it from filters and ${provisionCommand(fleet, host, 'smtpd')}`;
  const ended = smtpd.running ? null : endedFilter(log);
  if (ended) {
    const command = programs.find(one => one.name === ended.name)?.command ?? ended.name;
    return problem(host, 'filter-ended', {
      what: `the filter ${ended.name} ended on ${host.name}, so smtpd exited`,
      evidence: `maillog: lost processor: ${ended.name}${ended.said === null ? '' : `; ${ended.name}: ${ended.said}`}`,
      remedy: `find out why ${command} exits, ${back}`,
    });
  }
  const names = programs.map(({ name }) => name);
  const isMute =
    smtpd.running && host.mx.every(mx => listensOn(smtpd.listeners, mx.address, 25) && isSilent(facts, mx));
  if (isMute)
    return problem(host, 'filter-not-ready', {
      what: `smtpd on ${host.name} accepts connections but does not answer: it waits for a filter`,
      evidence: `no greeting on ${host.mx.map(mx => mx.address).join(' nor ')}; filter programs: ${names.join(', ')}`,
      remedy: `find out which of ${names.join(', ')} does not start properly, ${back}`,
    });
  return smtpd.running ? failingProblem(facts, host, names, back) : null;
}

// A single message may itself have made the filter fail.
const SEVERAL = 2;

function failingProblem(
  { refusals, log }: HostFacts,
  host: Relay,
  names: readonly string[],
  back: string,
): Problem | null {
  const failing = refusals?.failing ?? null;
  if (failing === null || failing.count < SEVERAL) return null;
  const said = log.findLast(event => event.kind === 'said' && names.includes(event.who));
  return problem(host, 'filter-fails', {
    what: `a filter on ${host.name} refuses all mail temporarily`,
    evidence: `the last ${failing.count} messages were answered with 421; maillog: ${failing.what}${said?.kind === 'said' ? `; ${said.who}: ${said.text}` : ''}`,
    remedy: `find out why ${names.join(', ')} fails (is a daemon that it needs running?), ${back}`,
  });
}

/** The relay tried its own MX, and not one line of SMTP came. */
function isSilent(facts: HostFacts, mx: Relay['mx'][number]): boolean {
  const session = facts.said(smtpSession(mx));
  const hop = { authority: null, name: mx.name, from: facts.host, address: mx.address };
  return session !== null && troubleOfSession(session, hop, 0)?.kind === 'no answer';
}

const MANY = 10;

/** What smtpd has refused, as status shows it. */
export interface RefusedStatus {
  readonly count: number;
  /** The first line of the log: `Nov 22 06:17:17`. */
  readonly since: string | null;
  /** The most frequent first, ten at most. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** By the key of the inventory: mail that was accepted and only logged. */
  readonly logged: readonly { readonly filter: string; readonly count: number }[];
}

/** What was refused, as status shows it. */
export const refusedStatus = ({ since, refused, logged }: Refusals): RefusedStatus => ({
  count: refused.reduce((sum, { count }) => sum + count, 0),
  since,
  reasons: refused.slice(0, MANY).map(({ what, count }) => ({ reason: what, count })),
  logged: logged.map(({ what, count }) => ({ filter: keyOfFilter(what), count })),
});

/** The key of the inventory that a filter comes from: `rdns` for `mailtun_rdns`. */
export const keyOfFilter = (name: string): string => name.replace(/^mailtun_/, '');

/** A note for people; none where nothing was refused. */
export function refusalNotes({ refusals }: HostFacts): readonly string[] {
  if (!refusals) return [];
  const { count, since, reasons, logged } = refusedStatus(refusals);
  const parts = [
    ...reasons.slice(0, 3).map(one => `${one.count} × ${one.reason}`),
    ...(reasons.length > 3 ? ['…'] : []),
  ];
  const passed = logged.map(one => `${one.count} by filters.${one.filter}`);
  return [
    ...(count > 0 ? [`${count} refused since ${since}: ${parts.join('; ')}`] : []),
    ...(passed.length > 0 ? [`accepted and only logged since ${since}: ${passed.join(', ')}`] : []),
  ];
}
