import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectOptions } from '../../../src/hosts/connect.ts';
import type { Fleet, Host, SshTarget } from '../../../src/hosts/fleet.ts';
import type { Section } from '../../../src/run/exchange.ts';
import { labProgram } from '../../lab-program.ts';

/** A folder with a login key, known_hosts and an ssh_config that names both; nothing of the user's own is used. */
export interface Desk {
  readonly dir: string;
  readonly identity: string;
  readonly knownHosts: string;
  readonly options: ConnectOptions;
  /** Those started for it; a test that fails half way leaves them to `clear`. */
  readonly sshds: Sshd[];
  path(name: string): string;
  clear(): Promise<void>;
}

export function openDesk(): Desk {
  const dir = mkdtempSync(join(tmpdir(), 'mailtun-hosts-'));
  const path = (name: string): string => join(dir, name);
  makeKey(path('id'));
  writeFileSync(path('known_hosts'), '');
  writeFileSync(
    path('ssh_config'),
    `Host *\nIdentityFile ${path('id')}\nIdentitiesOnly yes\nIdentityAgent none\n` +
      `UserKnownHostsFile ${path('known_hosts')}\nGlobalKnownHostsFile none\n`,
  );
  const sshds: Sshd[] = [];
  return {
    dir,
    sshds,
    identity: path('id'),
    knownHosts: path('known_hosts'),
    options: { sshConfigFile: path('ssh_config'), connectTimeoutSeconds: 5 },
    path,
    async clear() {
      await Promise.all(sshds.map(sshd => sshd.stop()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function makeKey(path: string, passphrase = '', type = 'ed25519'): string {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...(type === 'rsa' ? ['-b', '2048'] : []),
    '-N',
    passphrase,
    '-C',
    'test',
    '-f',
    path,
  ]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

export interface Sshd {
  readonly port: number;
  /** `type base64` */
  readonly hostKey: string;
  log(): string;
  stop(): Promise<void>;
}

/** A real sshd on a port of its own; root logs in with the desk's key. `settings` come first, so they win. */
export async function startSshd(
  desk: Desk,
  name: string,
  settings: readonly string[] = [],
  type = 'ed25519',
): Promise<Sshd> {
  const hostKey = existsSync(desk.path(name))
    ? readFileSync(desk.path(`${name}.pub`), 'utf8').trim()
    : makeKey(desk.path(name), '', type);
  const port = await freePort();
  writeFileSync(
    desk.path(`${name}.conf`),
    [
      ...settings,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${desk.path(name)}`,
      `AuthorizedKeysFile ${desk.identity}.pub`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PidFile none',
      // Root's own start-up files here have nothing to do with the matter, and may be slow.
      'SetEnv HOME=/nonexistent',
      // A test that fails to log in must not keep the next one out.
      'PerSourcePenalties no',
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  );
  const child = spawn(labProgram, ['/usr/sbin/sshd', '-D', '-e', '-f', desk.path(`${name}.conf`)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', chunk => {
    log += chunk;
  });
  const stopped = new Promise<void>(resolve => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', () => /Server listening/.test(log) && resolve());
    void stopped.then(() => reject(new Error(`sshd did not start: ${log}`)));
  });
  const [kind = '', key = ''] = hostKey.split(' ');
  const sshd: Sshd = {
    port,
    hostKey: `${kind} ${key}`,
    log: () => log,
    async stop() {
      child.kill();
      // Sessions that a test left open outlive their listener and hold its stderr.
      child.stderr.destroy();
      await stopped;
    },
  };
  desk.sshds.push(sshd);
  return sshd;
}

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

export const trust = (desk: Desk, ...lines: readonly string[]): void =>
  writeFileSync(desk.knownHosts, `${lines.join('\n')}\n`);

/** A host on the loopback; what is not said is as the inventory's defaults. */
export const hostAt = (name: string, port: number, ssh: Partial<SshTarget & { kind: 'ssh' }> = {}): Host => ({
  name,
  role: 'workstation',
  retiring: false,
  gateway: 'none',
  ownLines: false,
  lan: { name: `${name}.lan`, address: '192.0.2.1' },
  ssh: {
    kind: 'ssh',
    host: '127.0.0.1',
    port,
    user: 'root',
    identityFile: null,
    jump: null,
    become: null,
    hostKey: null,
    ...ssh,
  },
});

/** Only its hosts matter to connect. */
export const fleetOf = (...hosts: readonly Host[]): Fleet => ({ hosts }) as Fleet;

export const ask = (script: string, label = 'a question'): Section => ({ kind: 'ask', label, script });
export const step = (script: string, label = 'a step'): Section => ({ kind: 'step', label, script });
