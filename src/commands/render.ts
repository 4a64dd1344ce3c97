import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Fleet } from '../hosts/fleet.ts';
import { codeOf, reasonOf } from '../hosts/system-error.ts';
import { Failure } from '../run/failure.ts';
import { worldOf } from '../run/plan.ts';
import { plural } from '../run/plural.ts';
import type { WantedFile, World } from '../run/resource.ts';
import { type Assigned, assign } from '../run/task.ts';
import { allTasks } from '../tasks/all.ts';
import { DKIM_STANDING, dkimEverywhere } from '../tasks/dkim.ts';
import { isShownKey } from '../tasks/shown-certificates.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { type Act, type CommonOptions, EXIT } from './terminal.ts';

/** Options of `mailtun render`. */
export interface RenderOptions extends CommonOptions {
  readonly out: string;
}

/** Marks a folder that render has written; has the names of the hosts whose folders it may replace, one a line. */
const MARKER = '.mailtun-render';

/** Writes every file that provision would install, by host; contacts no host. Resolves to the exit status. */
export const render: Act<RenderOptions> = async (inventory, options, terminal) => {
  const fleet = await loadFleet(inventory, terminal);
  const chosen = chosenHosts(fleet, options);
  const rendered = [...renderedFiles(fleet)].filter(([host]) => chosen.has(host));
  const names = rendered.map(([host]) => host);
  await clear(options.out, names);
  try {
    await mkdir(options.out, { recursive: true });
    await writeFile(join(options.out, MARKER), names.map(name => `${name}\n`).join(''));
    for (const [host, files] of rendered) for (const file of files) await write(join(options.out, host), file);
  } catch (error) {
    throw unwritable(options.out, error);
  }
  if (options.json) terminal.out(`${JSON.stringify(renderJson(options.out, rendered))}\n`);
  else
    for (const [host, files] of rendered) terminal.out(`${join(options.out, host)}: ${plural(files.length, 'file')}\n`);
  return EXIT.well;
};

type Rendered = readonly (readonly [host: string, files: readonly WantedFile[]])[];

const renderJson = (out: string, rendered: Rendered): object => ({
  command: 'render',
  out,
  hosts: rendered.map(([name, files]) => ({ name, files: files.map(({ path, mode }) => ({ path, mode })) })),
});

const unwritable = (folder: string, error: unknown): Failure =>
  new Failure(
    'file-unusable',
    `cannot be written to: ${reasonOf(error)}`,
    folder,
    'choose another directory with --out',
  );

/**
 * Placeholders name the host for values that only hosts can make. Certificates count as issued, and DNS records as
 * published.
 */
const placeholders = (fleet: Fleet): World => ({
  ...worldOf(new Map()),
  published: (host, key) =>
    isShownKey(key) ? 'vouched' : key === DKIM_STANDING ? dkimEverywhere(fleet, host) : `(${key} of ${host})`,
});

/** The files that the resources describe. Several blocks of one file follow each other. */
function wantedFiles(assigned: readonly Assigned[], world: World): readonly WantedFile[] {
  const files = new Map<string, WantedFile>();
  for (const wanted of assigned.flatMap(({ resource }) => resource.wants?.(world) ?? [])) {
    const before = files.get(wanted.path)?.content ?? '';
    files.set(wanted.path, { ...wanted, content: before + wanted.content });
  }
  return [...files.values()];
}

/** The files of all hosts, by host, as `render` writes them. */
export const renderedFiles = (fleet: Fleet): ReadonlyMap<string, readonly WantedFile[]> =>
  new Map(fleet.hosts.map(host => [host.name, wantedFiles(assign(allTasks, host, fleet), placeholders(fleet))]));

/**
 * Removes the folders of these hosts, and those that render has written before; whatever else is there stays, such as .git.
 * @throws Failure for a folder that render has not written.
 */
async function clear(folder: string, names: readonly string[]): Promise<void> {
  const there = await readdir(folder).catch(error => {
    if (codeOf(error) === 'ENOENT') return [];
    throw unwritable(folder, error);
  });
  if (there.length === 0) return;
  const ours = await readFile(join(folder, MARKER), 'utf8').catch(() => null);
  if (ours === null)
    throw new Failure(
      'file-in-the-way',
      'is not empty, and was not written by render',
      folder,
      'choose an empty or a new directory with --out',
    );
  const old = there.filter(name => [...names, ...ours.split('\n')].includes(name));
  await Promise.all(old.map(name => rm(join(folder, name), { recursive: true })));
}

async function write(folder: string, { path, content, mode }: WantedFile): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content, { mode: 0o600 });
  await chmod(target, Number.parseInt(mode, 8));
}
