/** What has changed since the last report. */
import type { HostStatus } from '../checks/host-status.ts';
import { evidenceLines, labelled, PAGE_COLUMNS } from './page.ts';

/** A problem or difference in a report; its words stay the same as long as it is there, for counts are evidence. */
export interface Reported {
  /** Inventory name of the host. */
  readonly host: string;
  readonly what: string;
}

/** The line for it. */
const reportedLine = ({ host, what }: Reported): string => `${host}: ${what}`;

/**
 * All problems and differences. What was last reported of a host that cannot be reached now is still there, as far as anybody
 * knows.
 */
export const reportable = (hosts: readonly HostStatus[], before: readonly Reported[] = []): readonly Reported[] => {
  const away = new Set(hosts.filter(host => !host.reachable).map(host => host.name));
  const found = hosts.flatMap(host => [
    ...host.problems.map(({ what }) => ({ host: host.name, what })),
    ...host.drift.map(one => ({ host: host.name, what: `${one.task}: ${one.resource} differs from the inventory` })),
  ]);
  const all = [...found, ...before.filter(one => away.has(one.host))];
  return [...new Map(all.map(one => [reportedLine(one), one])).values()];
};

/** New problems with evidence and remedy, and resolved ones; empty where nothing has changed. */
export function sinceText(before: readonly Reported[], hosts: readonly HostStatus[], columns = PAGE_COLUMNS): string {
  const now = reportable(hosts, before);
  const problems = new Map(
    hosts.flatMap(host => host.problems.map(one => [reportedLine({ host: host.name, what: one.what }), one])),
  );
  const more = (line: string): readonly string[] => {
    const problem = problems.get(line);
    return problem ? evidenceLines(problem, columns) : [];
  };
  return [
    ...without(now, before).flatMap(line => [...labelled('new       ', line, columns), ...more(line)]),
    ...without(before, now).flatMap(line => labelled('resolved  ', line, columns)),
  ]
    .map(line => `${line}\n`)
    .join('');
}

function without(some: readonly Reported[], others: readonly Reported[]): readonly string[] {
  const lines = new Set(others.map(reportedLine));
  return some.map(reportedLine).filter(line => !lines.has(line));
}
