/** Reports the state of a fleet, once or repeatedly. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AskedHost } from '../checks/host-facts.ts';
import { notesOn } from '../checks/host-problems.ts';
import { type HostStatus, hostStatus, isHealthy } from '../checks/host-status.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { failureText } from '../report/failure.ts';
import { pageColumns, painter } from '../report/page.ts';
import { type Reported, reportable, sinceText } from '../report/since.ts';
import { statusJson, statusText } from '../report/status.ts';
import { Failure } from '../run/failure.ts';
import { acknowledge } from './acknowledge.ts';
import type { Begun } from './begin.ts';
import { connectionsTo } from './connections.ts';
import { type Examination, examine } from './examine.ts';
import { writeReported } from './reported-file.ts';
import { type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun status`. */
export interface StatusOptions extends CommonOptions {
  /** Seconds between two reports; true for the default. */
  readonly watch?: number | true;
  /** Whether to record that the reported losses are known. */
  readonly acknowledge?: boolean;
  /** The file with the last report. */
  readonly since?: string;
}

/**
 * Reports once. Resolves to the exit status.
 * @param before the report in the file of --since.
 */
export async function reportOnce(
  begun: Begun,
  before: readonly Reported[],
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const { fleet } = begun;
  const found = await examine(begun, options, terminal);
  const hosts = reported(fleet, found, options);
  if (options.since !== undefined) {
    await writeReported(options.since, reportable(hosts, before));
    if (!options.json) terminal.out(sinceText(before, hosts, pageColumns(terminal.columns)));
  }
  if (options.json) terminal.out(`${JSON.stringify(statusJson(hosts))}\n`);
  else if (options.since === undefined) terminal.out(page(fleet, found, hosts, terminal));
  if (!options.acknowledge) return exitStatus(hosts);
  const names = hosts.map(host => host.name);
  return acknowledged(
    fleet,
    found.asked.filter(({ host }) => names.includes(host.name)),
    hosts,
    terminal,
  );
}

/** Records that the reported losses are known; the exit status counts all other problems. */
async function acknowledged(
  fleet: Fleet,
  chosen: readonly AskedHost[],
  hosts: readonly HostStatus[],
  terminal: Terminal,
): Promise<number> {
  try {
    await acknowledge(fleet, chosen);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.err(failureText(error));
    return EXIT.failed;
  }
  return exitStatus(
    hosts.map(host => ({ ...host, problems: host.problems.filter(({ code }) => code !== 'mail-lost') })),
  );
}

const DEFAULT_SECONDS = 10;

/** Reports repeatedly, until it is interrupted. */
export async function watch(begun: Begun, options: StatusOptions, terminal: Terminal): Promise<never> {
  const { fleet, provided } = begun;
  const seconds = typeof options.watch === 'number' ? options.watch : DEFAULT_SECONDS;
  for (let { connections } = begun; ; connections = connectionsTo(fleet)) {
    const found = await examine({ fleet, connections, provided }, options, terminal);
    const text = page(fleet, found, reported(fleet, found, options), terminal);
    const time = new Date(found.now).toISOString().replace(/\.\d+Z/, 'Z');
    terminal.out(terminal.interactive ? `\x1b[H\x1b[2J${text}\n${time}\n` : `${time}\n${text}\n`);
    await pause(seconds * 1000);
  }
}

const reported = (fleet: Fleet, { asked, judged, now }: Examination, options: CommonOptions): readonly HostStatus[] =>
  asked
    .filter(({ host }) => !options.host || options.host.length === 0 || options.host.includes(host.name))
    .map(one => hostStatus(one, { all: asked, judged, fleet, now }));

function page(
  fleet: Fleet,
  { asked, judged, now }: Examination,
  hosts: readonly HostStatus[],
  terminal: Terminal,
): string {
  const notes = new Map(
    asked.flatMap(one => (one.reached ? [[one.host.name, notesOn(one, fleet, now)] as const] : [])),
  );
  const paint = painter(terminal.interactive && !terminal.env.NO_COLOR);
  return statusText({ fleet, hosts, judged, notes }, paint, pageColumns(terminal.columns));
}

const exitStatus = (hosts: readonly HostStatus[]): number =>
  isHealthy(hosts) ? EXIT.well : hosts.every(host => host.reachable) ? EXIT.unwell : EXIT.failed;
