/** What has changed since the last report. */
import type { HostStatus } from '../checks/host-status.ts';
import { evidenceLines, labelled, PAGE_COLUMNS } from './page.ts';

/** The last report: a line for each problem or difference. */
export type Reported = readonly string[];

/**
 * All problems and differences, one line each, which stays the same as long as the problem does: counts are
 * evidence. What was last reported of a host that cannot be reached now is still there, as far as anybody knows.
 */
export const reportable = (hosts: readonly HostStatus[], before: Reported = []): Reported => {
  const away = hosts.filter(host => !host.reachable).map(host => `${host.name}: `);
  const lines = hosts.flatMap(host => [
    ...host.problems.map(problem => `${host.name}: ${problem.what}`),
    ...host.drift.map(({ task, resource }) => `${host.name}: ${task}: ${resource} differs from the inventory`),
  ]);
  return [...new Set([...lines, ...before.filter(line => away.some(name => line.startsWith(name)))])];
};

/** New problems with evidence and remedy, and resolved ones; empty where nothing has changed. */
export function sinceText(before: Reported, hosts: readonly HostStatus[], columns = PAGE_COLUMNS): string {
  const now = reportable(hosts, before);
  const news = now.filter(line => !before.includes(line));
  const resolved = before.filter(line => !now.includes(line));
  const more = (line: string): readonly string[] =>
    hosts.flatMap(host =>
      host.problems.flatMap(one => (`${host.name}: ${one.what}` === line ? evidenceLines(one, columns) : [])),
    );
  return [
    ...news.flatMap(line => [...labelled('new       ', line, columns), ...more(line)]),
    ...resolved.flatMap(line => labelled('resolved  ', line, columns)),
  ]
    .map(line => `${line}\n`)
    .join('');
}
