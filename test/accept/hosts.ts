/** Hosts by the words of an inventory, reached as anybody would: by ssh. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const readFleet = (path: string): Fleet => readInventory(path, readFileSync(path, 'utf8'));

/** Lines of sh(1): the tunnel watch, which would repair what is broken by hand, ends with its look, and begins again. */
export const WATCH = {
  ends: 'rcctl stop cron >/dev/null; rm -f /var/run/mailtun.watching; sleep 1',
  begins: 'rcctl start cron >/dev/null',
} as const;

const knownHosts = join(mkdtempSync(join(tmpdir(), 'mailtun-accept-')), 'known_hosts');

/** Runs a line of sh(1) on a host as root. It goes over standard input: any login shell, csh(1) too, passes it on. */
export function onHost(fleet: Fleet, name: string, line: string, seconds = 60): Ran {
  const host = fleet.hosts.find(candidate => candidate.name === name);
  if (!host || host.ssh.kind === 'local') return ran('sh', ['-c', line], seconds);
  const root = host.ssh.become === 'doas' ? ['doas', '-n'] : [];
  const read = ['sh', '-c', `'eval "$(cat)"'`];
  return ran('ssh', [...sshWords(fleet, host), '--', host.ssh.host, ...root, ...read], seconds, line);
}

function sshWords(fleet: Fleet, { ssh }: Host): string[] {
  if (ssh.kind === 'local') return [];
  const jump = fleet.hosts.find(host => host.name === ssh.jump);
  return [
    ['-o', 'BatchMode=yes'],
    // The inventory pins the key and mailtun checks it; ssh only has to get through.
    ssh.hostKey ? ['-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile=${knownHosts}`] : [],
    ssh.port === null ? [] : ['-p', String(ssh.port)],
    ssh.user === null ? [] : ['-l', ssh.user],
    ssh.identityFile === null ? [] : ['-i', ssh.identityFile.replace(/^~/, homedir())],
    jump?.ssh.kind === 'ssh'
      ? ['-o', `ProxyCommand=ssh ${sshWords(fleet, jump).join(' ')} -W [%h]:%p ${jump.ssh.host}`]
      : [],
  ].flat();
}

/** When a host was booted, as it says; empty where it does not answer. */
export const bootOf = (fleet: Fleet, host: string): string =>
  onHost(fleet, host, 'sysctl -n kern.boottime', 20).stdout.trim();

/** Runs mailtun as a user would. */
export const mailtun = (...words: readonly string[]): Ran =>
  ran(process.execPath, [process.env.MAILTUN ?? 'dist/mailtun.js', ...words], 300);

function ran(program: string, words: readonly string[], seconds: number, input = ''): Ran {
  const result = spawnSync(program, words, { encoding: 'utf8', timeout: seconds * 1000, input });
  return { exit: result.status ?? -1, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}
