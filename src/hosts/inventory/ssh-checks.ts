import { plainHost } from '../addresses.ts';
import type { DraftHost } from './draft.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { oneOf, type Site } from './site.ts';
import { destinationOf } from './ssh-formats.ts';

/** Checks that each host can be reached, and that each is another machine. */
export function checkSsh(site: Site, report: Report): void {
  const machines = new Map<string, string>();
  for (const [name, host] of site.hosts) {
    const path: Path = ['hosts', name, 'ssh'];
    const machine = machineOf(host);
    if (machine === null) continue;
    const other = machines.get(machine);
    if (other !== undefined) {
      const what = machine === 'local' ? `${other} is already this machine` : `${other} already has this address`;
      report({ path, what, remedy: 'each host must be a separate machine' });
    }
    machines.set(machine, other ?? name);
    if (machine === 'local') checkLocal(host, path, report);
    checkJump(site, name, host, report);
  }
}

/** The destination of ssh as far as the inventory tells: equal text for the same machine; null if unknown. */
function machineOf({ ssh }: DraftHost): string | null {
  if (ssh === undefined || ssh === 'local') return ssh ?? null;
  const parts = typeof ssh === 'string' ? destinationOf(ssh) : ssh;
  if (parts?.host === undefined) return null;
  if (typeof ssh !== 'string' && ssh.host === 'local') return 'local';
  const jump = typeof ssh === 'string' ? undefined : ssh.jump;
  return [plainHost(parts.host), parts.port ?? '', jump ?? ''].join(' ');
}

function checkLocal({ ssh }: DraftHost, path: Path, report: Report): void {
  if (typeof ssh !== 'object') return;
  for (const key of ['port', 'user', 'identity_file', 'jump', 'host_key'] as const) {
    if (ssh[key] === undefined) continue;
    report({
      path: [...path, key],
      at: 'key',
      what: 'has no effect on this machine',
      remedy: 'with host: local only become is allowed',
    });
  }
}

function checkJump(site: Site, name: string, { ssh }: DraftHost, report: Report): void {
  const jump = jumpOf(ssh);
  if (jump === null) return;
  const path: Path = ['hosts', name, 'ssh', 'jump'];
  const others = Object.keys(site.draft.hosts ?? {}).filter(other => other !== name);
  if (!others.includes(jump)) {
    const what =
      jump === name ? `${quoted(jump)} is this host itself` : `${quoted(jump)} is not a host of this inventory`;
    report({ path, what, remedy: oneOf(jump, others, 'add it to hosts') });
    return;
  }
  const via = site.draft.hosts?.[jump]?.ssh;
  if (via === 'local' || (typeof via === 'object' && via.host === 'local')) {
    report({ path, what: `${quoted(jump)} is this machine`, remedy: 'remove jump' });
  }
  const jumps = jumpsFrom(site, name);
  // Each loop is reported once, at its first host.
  if (jumps.at(-1) === name && site.hosts.find(([other]) => jumps.includes(other))?.[0] === name) {
    report({
      path,
      what: `the jumps form a loop: ${[name, ...jumps].join(', ')}`,
      remedy: 'remove jump from one of them',
    });
  }
}

const jumpOf = (ssh: DraftHost['ssh']): string | null => (typeof ssh === 'object' ? (ssh.jump ?? null) : null);

/** The jump hosts of a host, nearest first, up to the first repetition. */
function jumpsFrom(site: Site, name: string): string[] {
  const jumps: string[] = [];
  for (let next = jumpOf(site.draft.hosts?.[name]?.ssh); next !== null && !jumps.includes(next); ) {
    jumps.push(next);
    next = jumpOf(site.draft.hosts?.[next]?.ssh);
  }
  return jumps;
}
