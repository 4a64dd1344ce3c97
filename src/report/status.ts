/** The state of a fleet, for programs and for people. */
import { type HostStatus, isHealthy } from '../checks/host-status.ts';
import type { Judged } from '../checks/judge.ts';
import { hopName } from '../checks/path.ts';
import { span } from '../checks/remedies.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { evidenceLines, fixLines, labelled, PAGE_COLUMNS, type Paint } from './page.ts';
import { COLOURS, drawing } from './path-drawing.ts';

/** The document of --json, which is a contract. */
export const statusJson = (hosts: readonly HostStatus[]): object => ({
  command: 'status',
  healthy: isHealthy(hosts),
  hosts,
});

/** The content of a status page. */
interface Page {
  readonly fleet: Fleet;
  readonly hosts: readonly HostStatus[];
  readonly judged: readonly Judged[];
  /** Notes by host, which are not problems. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
}

/** A status page; ends with a newline. */
export function statusText(page: Page, paint: Paint, columns = PAGE_COLUMNS): string {
  const { fleet, hosts, judged, notes } = page;
  const parts = [
    drawing(fleet, judged, paint, columns),
    hopLines(judged, paint, columns),
    hosts.flatMap(host => hostLines(host, hosts, columns)),
    noteLines(hosts, notes, columns),
    ...hosts.map(host => problemLines(host, paint, columns)),
    ...hosts.map(host => driftLines(host, fleet, columns)),
    verdictLines(hosts, paint, columns),
  ];
  return `${parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}

const MARKS = { well: ' ok ', broken: ' XX ', unknown: ' ?? ' } as const;

/** A line for each hop; a host has a line of its own only if it has a problem. */
export function hopLines(judged: readonly Judged[], paint: Paint, columns: number): readonly string[] {
  const shown = judged.filter(({ hop, verdict }) => hop.kind !== 'host' || verdict.kind !== 'well');
  const width = Math.max(...shown.map(({ hop }) => hopName(hop).length));
  return shown.flatMap(({ hop, verdict }) => {
    const text = verdict.kind === 'broken' ? verdict.problem.what : verdict.evidence;
    const lines = labelled(`${MARKS[verdict.kind]}${hopName(hop).padEnd(width)}  `, text, columns);
    return lines.map(line => line.replace(MARKS[verdict.kind], paint(COLOURS[verdict.kind], MARKS[verdict.kind])));
  });
}

function hostLines(host: HostStatus, hosts: readonly HostStatus[], columns: number): readonly string[] {
  const [names, roles] = [hosts.map(one => one.name.length), hosts.map(one => one.role.length)];
  const head = `${host.name.padEnd(Math.max(...names))}  ${host.role.padEnd(Math.max(...roles))}  `;
  if (!host.reachable || !host.smtpd)
    return labelled(head, isSilent(host) ? 'smtpd does not answer' : 'cannot be reached', columns);
  const { smtpd } = host;
  const facts = [
    `OpenBSD ${host.release ?? '?'}`,
    smtpd.running ? (smtpd.stale ? 'smtpd running, but older than its files' : 'smtpd running') : 'smtpd not running',
    smtpd.queued === 0 ? 'queue empty' : `${plural(smtpd.queued, 'message')} queued, oldest ${span(smtpd.oldest ?? 0)}`,
  ];
  return labelled(head, facts.join(', '), columns);
}

const isSilent = ({ problems }: HostStatus): boolean => problems.some(({ code }) => code === 'smtpd-not-answering');

/** The same note on several hosts is printed once. */
function noteLines(hosts: readonly HostStatus[], notes: Page['notes'], columns: number): readonly string[] {
  const lines = hosts.flatMap(({ name }) => (notes.get(name) ?? []).map(note => ({ name, note })));
  return [...new Set(lines.map(({ note }) => note))].flatMap(note => {
    const names = lines.filter(one => one.note === note).map(({ name }) => name);
    return labelled('', `${names.join(', ')}: ${note}`, columns);
  });
}

function problemLines(host: HostStatus, paint: Paint, columns: number): readonly string[] {
  return host.problems.flatMap(one => [
    ...labelled(`${host.name}: `, one.what, columns).map(line => paint('strong', line)),
    ...evidenceLines(one, columns),
  ]);
}

function driftLines(host: HostStatus, fleet: Fleet, columns: number): readonly string[] {
  if (host.drift.length === 0) return [];
  return [
    ...labelled('', `${host.name}: differs from the inventory`, columns),
    ...host.drift.flatMap(({ task, resource, why }) => labelled('  ~ ', `${task}: ${resource}: ${why}`, columns)),
    ...fixLines(`mailtun provision ${fleet.path} --host ${host.name}`, columns),
  ];
}

function verdictLines(hosts: readonly HostStatus[], paint: Paint, columns: number): readonly string[] {
  const problems = hosts.reduce((sum, host) => sum + host.problems.length, 0);
  const drift = hosts.reduce((sum, host) => sum + host.drift.length, 0);
  if (isHealthy(hosts)) return [paint('good', 'All is well.')];
  const text = `${plural(problems, 'problem')}, ${plural(drift, 'difference')} from the inventory.`;
  return labelled('', text, columns).map(line => paint('bad', line));
}
