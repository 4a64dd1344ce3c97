/** One move of a run: the files that agreement allows a host now, with the actions that its queue needs. */
import { addressOfName, parseHostsFile } from '../../../src/facts/hosts-file.ts';
import { gatewaysOf, type Host } from '../../../src/hosts/fleet.ts';
import { BEGIN, END } from '../../../src/resources/block.ts';
import { nextHops } from '../../../src/tasks/agreement.ts';
import { recipientsTable } from '../../../src/tasks/aliases.ts';
import { withCarried } from '../../../src/tasks/carried-actions.ts';
import { isInwards } from '../../../src/tasks/conf-parts.ts';
import { leadsFromTo } from '../../../src/tasks/exchanged-names.ts';
import type { Hops } from '../../../src/tasks/hops.ts';
import { namesFor } from '../../../src/tasks/hosts-file.ts';
import { addressesThrough } from '../../../src/tasks/neighbours.ts';
import { actionsIn } from '../../../src/tasks/queue-needs.ts';
import { nextRoot, rootMailOf } from '../../../src/tasks/root-alias.ts';
import { smtpdConf } from '../../../src/tasks/smtpd-conf.ts';
import type { Standings } from '../../../src/tasks/standing.ts';
import { observing, plainFile } from '../../answers.ts';
import { type Disk, type Files, type Machine, machineOf, STOCK, type World } from './world.ts';

/** How much of its last move a killed run has done: all of it, hosts(5) alone, or all but the restart of smtpd. */
export type Ending = 'whole' | 'names only' | 'not restarted';

export interface Circumstances {
  /** When the round began. */
  readonly seen: Standings;
  readonly canChange: (name: string) => boolean;
  readonly away: Machine | undefined;
  readonly end: Ending;
}

/** @returns whether anything is another now, and what the host waits for. */
export function move(
  world: World,
  host: Host,
  at: Circumstances,
): { readonly isMoved: boolean; readonly left: readonly string[] } {
  const disk = world.disk(machineOf(host));
  const next = nextHops(host, world.fleet, at.seen, at.canChange);
  const left = next.holds.map(({ what, until }) => `${host.name}: ${what}: ${until}`);
  const before = stateOf(disk);
  if (next.isPut) Object.assign(disk, { running: disk.files, isSure: true });
  else {
    const wanted = filesFor(world, host, next.hops);
    const conf = carried(world, host, wanted.conf, at.away);
    if (conf instanceof Error) return { isMoved: false, left: [...left, `${host.name}: ${conf.message}`] };
    const rootTo = nextRoot(disk.rootTo, host, world.fleet, rootMailOf(host, world.fleet, next.hops, at.seen));
    write(disk, { ...wanted, conf }, rootTo, at.end);
  }
  return { isMoved: stateOf(disk) !== before, left };
}

/** What counts as a move. */
const stateOf = ({ files: { conf, hostsFile, recipients, secrets }, rootTo, isSure }: Disk): string =>
  JSON.stringify([conf, hostsFile, recipients, secrets, rootTo, isSure]);

function write(disk: Disk, files: Files, rootTo: string | null, end: Ending): void {
  // smtpd goes on where smtpd.conf stays the same, so nothing is left undone there.
  const ending = files.conf === disk.files.conf ? 'whole' : end;
  if (ending === 'names only') disk.files = { ...disk.files, hostsFile: bothNames(files, disk.files) };
  else Object.assign(disk, { files, rootTo, isSure: ending === 'whole' });
  if (ending === 'whole') disk.running = disk.files;
}

/** The names of new files, and those of the former ones that these do not have. */
function bothNames({ hostsFile }: Files, former: Files): string {
  const lines = parseHostsFile(hostsFile);
  const kept = parseHostsFile(former.hostsFile).flatMap(({ address, names }) => {
    const others = names.filter(name => addressOfName(name, lines) === undefined);
    return others.length > 0 ? [`${address} ${others.join(' ')}`] : [];
  });
  return [hostsFile, ...kept].join('\n');
}

function filesFor({ fleet }: World, host: Host, agreed: Hops): Files {
  const view = { ...fleet, agreed };
  const lines = recipientsTable(host, view)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  return {
    conf: smtpdConf(host, view),
    recipients: lines.map((line): [string, string] => {
      const [key = '', value = ''] = line.split('\t');
      return [key, value];
    }),
    secrets: [...agreed.users],
    hostsFile: namesFor(host, fleet)
      .map(({ address, name }) => `${address} ${name}`)
      .join('\n'),
    made: { host, fleet },
  };
}

/** smtpd.conf with the actions that mail in the queue needs, or why it is refused. */
function carried(world: World, host: Host, wanted: string, away: Machine | undefined): string | Error {
  const { fleet, clock } = world;
  const { files, queue } = world.disk(machineOf(host));
  const known = actionsIn(wanted).filter(name => !isInwards(name));
  const counts = new Map<string, number>();
  for (const { action } of queue) counts.set(action, (counts.get(action) ?? 0) + 1);
  const unknown = queue
    .filter(({ action }) => !known.includes(action))
    .map(({ action, from, to, at }, index) => ({
      evpid: String(index).padStart(16, '0'),
      created: at,
      agent: 'mta' as const,
      action,
      sender: from,
      recipient: to,
    }));
  const view = { ...fleet, holders: world.holders(away) };
  const observed = observing([plainFile('/etc/hosts', `${BEGIN}\n${files.hostsFile}\n${END}\n`)]);
  const queued = {
    host,
    spool: { isEmpty: queue.length === 0, counts, unknown },
    domains: fleet.domains,
    addresses: new Set(gatewaysOf(fleet).flatMap(gateway => addressesThrough(gateway, fleet))),
    now: clock * 1000,
    included: null,
    isOurs: true,
    leads: (name: string) => leadsFromTo(name, view, observed),
  };
  try {
    return withCarried(wanted, files.conf === STOCK.conf ? null : files.conf, queued);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
