/** Runs over master connections of ssh(1) that are alive, as ControlPersist leaves them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Program } from './measure.ts';
import { HOSTS, KEY, type Site } from './site.ts';

export interface Masters {
  /** The same work over the masters. */
  readonly over: (...words: readonly string[]) => Program;
  close(): Promise<void>;
}

/**
 * Masters for all hosts; `ssh` in the path of what runs over them has their configuration. The inventory pins no host
 * key here: known_hosts has them, for a pinned host is reached by a login of its own.
 */
export async function openMasters(site: Site): Promise<Masters> {
  const bin = join(site.folder, 'bin');
  const config = join(site.folder, 'masters');
  const inventory = join(site.folder, 'unpinned.yaml');
  mkdirSync(bin, { recursive: true });
  const login = `User root\nIdentityFile ${KEY}\nIdentitiesOnly yes\nUserKnownHostsFile ${site.knownHosts}\n`;
  writeFileSync(config, `Host *\n${login}ControlPath ${site.folder}/%p\n`);
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  writeFileSync(inventory, readFileSync(site.inventory, 'utf8').replace(/^ *host_key: .*\n/gm, ''));
  const running: ChildProcess[] = [];
  for (const name of HOSTS) {
    const port = String(site.lines.get(name)?.port);
    running.push(spawn('/usr/bin/ssh', ['-F', config, '-M', '-N', '-p', port, '127.0.0.1'], { stdio: 'ignore' }));
    for (let tries = 0; !existsSync(join(site.folder, port)); tries += 1) {
      if (tries > 200) throw new Error(`no master for ${name}`);
      await pause(50);
    }
  }
  const env = { PATH: `${bin}:${process.env.PATH}` };
  return {
    over: (...words) => ({ words: ['node', 'dist/mailtun.js', ...words, inventory], env }),
    async close() {
      for (const master of running) {
        const gone = once(master, 'close');
        master.kill();
        await gone;
      }
    },
  };
}
