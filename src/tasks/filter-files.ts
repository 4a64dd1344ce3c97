/** What the filters of a relay's smtpd.conf(5) need: lists, programs, and the filter that writes to the mail log. */

import { hasFilter } from '../facts/program-there.ts';
import { RELEASE } from '../facts/release.ts';
import type { Host, Relay } from '../hosts/fleet.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { type Blocklist, tableText } from './blocklists.ts';
import { INVENTORY } from './credentials.ts';
import { LOG_PROGRAM, logs, pathOf } from './smtpd-filters.ts';

/** Under this key the inventory's lists are published, one entry per line. */
export const blocklistKey = (relay: string, kind: Blocklist): string => `${kind} of ${relay}`;

/** Files that smtpd reads for its filters when it starts. */
export const filterFiles = (host: Host): readonly string[] =>
  host.role === 'relay'
    ? [...host.filters.lists.map(({ kind }) => pathOf(kind)), ...(logs(host.filters) ? [LOG_PROGRAM] : [])]
    : [];

/** What has to exist before smtpd.conf(5) names it. */
export function filterResources(host: Host): readonly Resource[] {
  if (host.role !== 'relay') return [];
  const { filters } = host;
  return [
    ...filters.lists.map(({ kind }) => blocklistFile(host, kind)),
    ...(logs(filters)
      ? [file(LOG_PROGRAM, { content: () => LOG_SCRIPT, ...ofRoot('0555'), accept: ['sh', '-n'] })]
      : []),
    ...[...new Set([...filters.programs, ...filters.outbound].map(one => one.command))].map(line =>
      program(host, line),
    ),
  ];
}

function blocklistFile(relay: Relay, kind: Blocklist): Resource {
  const text = file(pathOf(kind), {
    content: world => {
      const entries = world.published(INVENTORY, blocklistKey(relay.name, kind));
      return tableText(MARKED, entries === '' ? [] : entries.split('\n'));
    },
    ...ofRoot('0644'),
  });
  return {
    ...text,
    questions: [...text.questions, RELEASE],
    judge(observed, world) {
      const { version: release } = observed.get(RELEASE);
      const isOld = release !== null && Number(release) < 7.6;
      if (isOld && kind === 'block' && /^\[/m.test(world.published(INVENTORY, blocklistKey(relay.name, kind))))
        throw new Failure(
          'release-unsupported',
          `smtpd of OpenBSD ${release} does not find IPv6 addresses in table files`,
          relay.name,
          'upgrade it (sysupgrade(8)), or remove the IPv6 addresses from filters.block',
        );
      return text.judge(observed, world);
    },
  };
}

/** A filter program has to exist: if smtpd cannot start it, smtpd exits. */
function program(relay: Relay, line: string): Resource {
  const [word = ''] = line.split(' ');
  const path = word.startsWith('/') ? word : `/usr/local/libexec/smtpd/${word}`;
  return {
    id: `filter ${path}`,
    questions: [hasFilter(path)],
    judge(observed) {
      if (observed.get(hasFilter(path))) return null;
      throw new Failure(
        'filter-missing',
        `there is no program ${path}, which is listed in filters`,
        relay.name,
        `install it (pkg_info -Q ${word.replace(/^.*\//, '')}; pkg_add), or remove it from the inventory`,
      );
    },
  };
}

// smtpd passes reports of builtin filters to this one, and logs what it writes to stderr (lka_filter.c).
const LOG_SCRIPT = `#!/bin/sh
${MARKED}
# A filter of smtpd(8) that lets everything pass: it has what other filters report written to the mail log.
while IFS= read -r line && [ "$line" != 'config|ready' ]; do :; done
echo 'register|report|smtp-in|filter-report'
echo 'register|ready'
while IFS='|' read -r kind version time direction event session type name text; do
	echo "$session $name $text" >&2
done
`;
