/** What has changed since the last report, so that only news is reported. */
import type { HostStatus } from '../checks/host-status.ts';
import { evidenceLines, labelled, PAGE_COLUMNS } from './page.ts';

/** The last report: a line for each problem or difference. */
export type Reported = readonly string[];

/** Everything that is not well, one line each, the same line as long as it is the same thing. */
export const reportable = (hosts: readonly HostStatus[]): Reported =>
  hosts.flatMap(host => [
    ...host.problems.map(problem => `${host.name}: ${problem.what}`),
    ...host.drift.map(({ task, resource }) => `${host.name}: ${task}: ${resource} differs from the inventory`),
  ]);

/** News and what is over, with evidence and remedy of the news; empty where nothing has changed. */
export function sinceText(before: Reported, hosts: readonly HostStatus[], columns = PAGE_COLUMNS): string {
  const now = reportable(hosts);
  const news = now.filter(line => !before.includes(line));
  const over = before.filter(line => !now.includes(line));
  const more = (line: string): readonly string[] =>
    hosts.flatMap(host =>
      host.problems.flatMap(one => (`${host.name}: ${one.what}` === line ? evidenceLines(one, columns) : [])),
    );
  return [
    ...news.flatMap(line => [...labelled('new       ', line, columns), ...more(line)]),
    ...over.flatMap(line => labelled('resolved  ', line, columns)),
  ]
    .map(line => `${line}\n`)
    .join('');
}
