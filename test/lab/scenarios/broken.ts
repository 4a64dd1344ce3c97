/** What can be wrong with a host or the way to it, done to a lab host and taken back. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import { type Fault, type Line, openLine } from '../driver/line.ts';
import type { Lab } from '../driver/on-host.ts';

/** Something broken: what mailtun is to be told of the way there, and how it is repaired. */
export interface Broken {
  readonly inventory: string;
  readonly repair: () => Promise<void>;
}

export interface Bench {
  readonly lab: Lab;
  readonly name: string;
  /** The host that things happen to. */
  readonly host: string;
}

const stateOf = ({ name }: Bench): string => `/var/tmp/mailtun-lab/${name}`;
export const inventoryOf = (bench: Bench, variant = ''): string => `${stateOf(bench)}/inventory${variant}.yaml`;

/** The host's own part of the inventory, changed. */
export function altered(bench: Bench, change: (ssh: string) => string): Broken {
  const text = readFileSync(inventoryOf(bench), 'utf8');
  const [before = '', part = ''] = text.split(new RegExp(`(?<=^  ${bench.host}:\\n)`, 'm'));
  const path = inventoryOf(bench, '-broken');
  writeFileSync(path, before + change(part));
  return { inventory: path, repair: async () => {} };
}

/** The host is reached over a line with a fault. */
export async function overLine(
  bench: Bench,
  fault: (connection: number) => Fault | null,
): Promise<Broken & { readonly line: Line }> {
  const address = /host: (\S+)/.exec(
    readFileSync(inventoryOf(bench), 'utf8').split(`  ${bench.host}:\n`)[1] ?? '',
  )?.[1];
  const line = await openLine(address ?? '', 22, { fault });
  const through = altered(bench, part => part.replace(/host: \S+/, `host: 127.0.0.1\n      port: ${line.port}`));
  return { ...through, line, repair: async () => line.close() };
}

/** Shell text makes it so, and other text takes it back. */
export async function onHost(bench: Bench, breaks: string, repairs: string, variant = ''): Promise<Broken> {
  await bench.lab.must(bench.host, breaks);
  return { inventory: inventoryOf(bench, variant), repair: () => bench.lab.must(bench.host, repairs).then(() => {}) };
}

/**
 * A program of the host does something else first, or instead: `text` runs with the program's own words. Some go by their
 * name.
 */
export const instead = (bench: Bench, program: string, text: string): Promise<Broken> =>
  onHost(
    bench,
    `mkdir -p /var/real && mv ${program} /var/real/ && cat >${program} <<'END' && chmod 555 ${program}
#!/bin/sh
${text}
exec /var/real/\${0##*/} "$@"
END`,
    `mv -f /var/real/${program.split('/').at(-1)} ${program}`,
  );

// mount(2) and umount(2) of Linux, by number: a lab host's mount(8) is OpenBSD's and does no such thing.
const SYSCALL = (number: number, ...words: readonly string[]): string =>
  `/.lab/usr/bin/perl -e 'my @w = map { /^\\d+$/ ? 0 + $_ : $_ } @ARGV; syscall(${number}, @w) == 0 or die "$!"' ${words.join(' ')}`;
const MOUNT = (folder: string, options: string): string => SYSCALL(165, 'tmpfs', folder, 'tmpfs', '0', options);
const READ_ONLY = (folder: string): string => SYSCALL(165, 'none', folder, 'none', '33', '0');
const UNMOUNT = (folder: string): string => SYSCALL(166, folder, '2');

/** A folder on a file system of its own without a free block. Copies for undo are gone: the lock deletes the oldest, which makes room. */
export const full = (bench: Bench, folder: string): Promise<Broken> =>
  onHost(
    bench,
    `cp -Rp ${folder} /var/kept && ${MOUNT(folder, 'size=1m,mode=755')} && cp -Rp /var/kept/. ${folder}/ && ` +
      `rm -rf /var/kept ${folder}/undo && { dd if=/dev/zero of=${folder}/filler bs=1048576 2>/dev/null; true; }`,
    UNMOUNT(folder),
  );

/** A folder on a file system that can only be read. */
export const readOnly = (bench: Bench, folder: string): Promise<Broken> =>
  onHost(
    bench,
    `cp -Rp ${folder} /var/kept && ${MOUNT(folder, 'size=1m,mode=755')} && cp -Rp /var/kept/. ${folder}/ && ` +
      `rm -rf /var/kept && ${READ_ONLY(folder)}`,
    UNMOUNT(folder),
  );

/** Every process of the host, seen from this machine: those of its process namespace. */
function processesOf(bench: Bench): readonly string[] {
  const [init = ''] = readFileSync(`${stateOf(bench)}/${bench.host}/init`, 'utf8').split(' ');
  const spaceOf = (pid: string): string | null => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return null;
    }
  };
  const space = spaceOf(init);
  return readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && spaceOf(pid) === space);
}

/** fork(2) fails with EAGAIN on the host while it has more than `spare` processes more than now. */
export function outOfProcesses(bench: Bench, spare: number): Broken {
  const top = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
  const group = `${top}/mailtun-${bench.name}`;
  const control = `${top}/cgroup.subtree_control`;
  if (existsSync(control)) writeFileSync(control, '+pids');
  const moveTo = (folder: string): void => {
    for (const pid of processesOf(bench)) {
      try {
        writeFileSync(`${folder}/cgroup.procs`, pid);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  mkdirSync(group, { recursive: true });
  moveTo(group);
  writeFileSync(`${group}/pids.max`, String(Number(readFileSync(`${group}/pids.current`, 'utf8')) + spare));
  return {
    inventory: inventoryOf(bench),
    repair: async () => {
      writeFileSync(`${group}/pids.max`, 'max');
      moveTo(top);
      for (let tries = 50; existsSync(group); tries--) {
        try {
          rmdirSync(group);
        } catch (error) {
          if (tries === 0) throw error;
          moveTo(top);
          await new Promise(resolve => setTimeout(resolve, 100));
        }
      }
    },
  };
}
