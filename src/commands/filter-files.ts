import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import { type BadLine, readBlocklist } from '../tasks/blocklists.ts';
import { blocklistKey } from '../tasks/filter-files.ts';
import { localText } from './local-text.ts';

/**
 * The user's blocklists, by the keys of tasks/filter-files.ts, with one entry per line.
 * @throws Failure with all wrong lines, before any host is contacted.
 */
export async function readFilterFiles(fleet: Fleet): Promise<Readonly<Record<string, string>>> {
  const lists: Record<string, string> = {};
  for (const relay of relaysOf(fleet))
    for (const { kind, path } of relay.filters.lists) {
      const { entries, bad } = readBlocklist(kind, await localText(path));
      if (bad.length > 0) throw refused(path, bad);
      lists[blocklistKey(relay.name, kind)] = entries.join('\n');
    }
  return lists;
}

const MANY = 10;

function refused(path: string, bad: readonly BadLine[]): Failure {
  const lines = bad.slice(0, MANY).map(({ line, what }) => `${path}:${line}: ${what}`);
  const more = bad.length > MANY ? [`and ${bad.length - MANY} more`] : [];
  const remedies = [...new Set(bad.map(one => one.remedy))].slice(0, 3);
  return new Failure('file-invalid', [...lines, ...more].join('\n  '), path, remedies.join('; '));
}
