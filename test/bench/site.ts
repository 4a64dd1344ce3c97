/** The lab's three hosts as a benchmark reaches them: through lines of a chosen length, by ssh and by mailtun. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Line, openLine } from '../lab/driver/line.ts';

export const HOSTS = ['namorar', 'carinho', 'mimando'] as const;
export type HostName = (typeof HOSTS)[number];

/** The instance of the lab; one that is up already is used as it stands and stays up. */
export const LAB = process.env.LAB ?? 'bench';
const STATE = `/var/tmp/mailtun-lab/${LAB}`;
export const KEY = `${STATE}/client_key`;

export const lab = (...words: readonly string[]): string =>
  execFileSync('scripts/lab', words, {
    env: { ...process.env, LAB },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export const labIsUp = (): boolean => {
  try {
    lab('status');
    return true;
  } catch {
    return false;
  }
};

export interface Site {
  readonly folder: string;
  readonly roundTripMilliseconds: number;
  readonly lines: ReadonlyMap<HostName, Line>;
  readonly inventory: string;
  readonly sshConfig: string;
  readonly knownHosts: string;
  close(): void;
}

/** Opens lines to all hosts, and writes an inventory and an ssh_config that lead through them. */
export async function openSite(roundTripMilliseconds: number): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'mailtun-bench-'));
  const lines = new Map<HostName, Line>();
  let inventory = readFileSync(`${STATE}/inventory.yaml`, 'utf8');
  let sshConfig = '';
  let knownHosts = '';
  for (const name of HOSTS) {
    const address = addressOf(name);
    const line = await openLine(address, 22, { roundTripMilliseconds });
    lines.set(name, line);
    inventory = inventory.replace(`host: ${address}\n`, `host: 127.0.0.1\n      port: ${line.port}\n`);
    sshConfig +=
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${line.port}\n  User root\n  IdentityFile ${KEY}\n` +
      `  IdentitiesOnly yes\n  UserKnownHostsFile ${join(folder, 'known_hosts')}\n`;
    const [, type, key] = new RegExp(`^${address.replaceAll('.', '\\.')} (\\S+) (\\S+)`, 'm').exec(known()) ?? [];
    knownHosts += `[127.0.0.1]:${line.port} ${type} ${key}\n`;
  }
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    folder,
    roundTripMilliseconds,
    lines,
    inventory: write('inventory.yaml', inventory),
    sshConfig: write('ssh_config', sshConfig),
    knownHosts: write('known_hosts', knownHosts),
    close: () => {
      for (const line of lines.values()) line.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const known = (): string => readFileSync(`${STATE}/known_hosts`, 'utf8');

/** A host's address for management, as the instance's own ssh_config has it. */
export const addressOf = (name: HostName): string =>
  new RegExp(`^Host ${name}\\n  HostName (\\S+)`, 'm').exec(readFileSync(`${STATE}/ssh_config`, 'utf8'))?.[1] ?? '';

/** Bytes over all lines while `work` runs, both directions. */
export async function bytesDuring({ lines }: Site, work: () => Promise<unknown>): Promise<number> {
  const total = (): number => [...lines.values()].reduce((sum, { bytes }) => sum + bytes.up + bytes.down, 0);
  const before = total();
  await work();
  return total() - before;
}
