import { access, constants, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { remarksOn } from '../checks/host-problems.ts';
import { type HostStatus, hostStatus, isHealthy } from '../checks/host-status.ts';
import type { HostSeen } from '../checks/seen.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { codeOf, reasonOf } from '../hosts/system-error.ts';
import { pageColumns, painter } from '../report/page.ts';
import { sinceText, type Told, tellable } from '../report/since.ts';
import { statusJson, statusText } from '../report/status.ts';
import { Failure } from '../run/failure.ts';
import { acknowledge } from './acknowledge.ts';
import { type Examination, examine } from './examine.ts';
import { chosenHosts, loadFleet } from './targets.ts';
import { type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun status`. */
export interface StatusOptions extends CommonOptions {
  /** Seconds between two looks; true where no number was given. */
  readonly watch?: number | true;
  /** Note that the losses it reports are known. */
  readonly acknowledge?: boolean;
  /** File in which stands what was told last time. */
  readonly since?: string;
}

/** How things stand. Resolves to the exit status. */
export async function status(
  inventory: string | undefined,
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const fleet = await loadFleet(inventory, terminal);
  chosenHosts(fleet, options);
  if (options.watch === undefined) return look(fleet, options, terminal);
  if (options.json || options.since !== undefined || options.acknowledge)
    throw new Failure(
      '--watch cannot be combined with --json, --since or --acknowledge',
      'status',
      'leave one of them out',
    );
  return watch(fleet, { ...options, seconds: options.watch === true ? DEFAULT_SECONDS : options.watch }, terminal);
}

async function look(fleet: Fleet, options: StatusOptions, terminal: Terminal): Promise<number> {
  // Before any host is contacted: a file that can't be used is wrong usage.
  const before = options.since === undefined ? [] : await readTold(options.since);
  const found = await examine(fleet, options, terminal);
  const hosts = reported(fleet, found, options);
  if (options.since !== undefined) {
    await writeTold(options.since, tellable(hosts));
    if (!options.json) terminal.out(sinceText(before, hosts, pageColumns(terminal.columns)));
  }
  if (options.json) terminal.out(`${JSON.stringify(statusJson(hosts))}\n`);
  else if (options.since === undefined) terminal.out(page(fleet, found, hosts, terminal));
  if (!options.acknowledge) return exitStatus(hosts);
  const names = hosts.map(host => host.name);
  return acknowledged(
    fleet,
    found.seen.filter(({ host }) => names.includes(host.name)),
    hosts,
    terminal,
  );
}

/** What was just reported is known; what else is wrong counts as ever. */
async function acknowledged(
  fleet: Fleet,
  chosen: readonly HostSeen[],
  hosts: readonly HostStatus[],
  terminal: Terminal,
): Promise<number> {
  try {
    await acknowledge(fleet, chosen);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.err(`mailtun: ${error.where}: ${error.what}\n${error.remedy}\n`);
    return EXIT.failed;
  }
  return exitStatus(
    hosts.map(host => ({ ...host, problems: host.problems.filter(({ code }) => code !== 'mail-lost') })),
  );
}

const DEFAULT_SECONDS = 10;

/** Looks again and again until it is interrupted. */
async function watch(
  fleet: Fleet,
  options: StatusOptions & { readonly seconds: number },
  terminal: Terminal,
): Promise<number> {
  for (;;) {
    const found = await examine(fleet, options, terminal);
    const text = page(fleet, found, reported(fleet, found, options), terminal);
    const time = new Date(found.now).toISOString().replace(/\.\d+Z/, 'Z');
    terminal.out(terminal.interactive ? `\x1b[H\x1b[2J${text}\n${time}\n` : `${time}\n${text}\n`);
    await pause(options.seconds * 1000);
  }
}

const reported = (fleet: Fleet, { seen, judged, now }: Examination, options: CommonOptions): readonly HostStatus[] =>
  seen
    .filter(({ host }) => !options.host || options.host.length === 0 || options.host.includes(host.name))
    .map(one => hostStatus(one, { all: seen, judged, fleet, now }));

function page(
  fleet: Fleet,
  { seen, judged, now }: Examination,
  hosts: readonly HostStatus[],
  terminal: Terminal,
): string {
  const remarks = new Map(
    seen.flatMap(one => (one.reached ? [[one.host.name, remarksOn(one, fleet, now)] as const] : [])),
  );
  const paint = painter(terminal.interactive && !terminal.env.NO_COLOR);
  return statusText({ fleet, hosts, judged, remarks }, paint, pageColumns(terminal.columns));
}

const exitStatus = (hosts: readonly HostStatus[]): number =>
  isHealthy(hosts) ? EXIT.well : hosts.every(host => host.reachable) ? EXIT.unwell : EXIT.failed;

/** Nothing where there is no file yet. @throws Failure for one that can't be read, and where none can be written. */
async function readTold(path: string): Promise<Told> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (codeOf(error) === 'ENOENT') return '';
    throw unusable('read', path, error);
  });
  await access(dirname(path), constants.W_OK).catch(error => {
    throw unusable('written', path, error);
  });
  return text.split('\n').filter(line => line !== '');
}

const unusable = (how: string, path: string, error: unknown): Failure =>
  new Failure(`can't be ${how}: ${reasonOf(error)}`, path, 'name a file that can be read and written');

/** Beside its place first: a run that is interrupted leaves the old one whole. */
async function writeTold(path: string, told: Told): Promise<void> {
  const text = told.map(line => `${line.replaceAll('\n', ' ')}\n`).join('');
  try {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw unusable('written', path, error);
  }
}
