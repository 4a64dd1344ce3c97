/** How time and memory grow with the number of hosts: one lab host answers under many names. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLine } from '../lab/driver/line.ts';
import { mustExit, ratio, rounds, watched } from './measure.ts';
import { type Row, row } from './row.ts';
import { addressOf, lab, openSite, type Site } from './site.ts';
import { GROWTH } from './targets.ts';

const SIZES = [5, 20, 50, 100, 400] as const;

/**
 * A relay, a gateway and workstations that are all the same lab host. Everything is asked of each of them and nothing
 * changed (`--check`); that they lack what the inventory says is found, and makes the exit status 1.
 */
export async function many(count: number): Promise<readonly Row[]> {
  // So many logins at once are no attack here; as sshd is set by default it would turn some of them away.
  sshd('cp -p sshd_config sshd_config.bench && echo MaxStartups 200 >>sshd_config');
  try {
    return await measured(count);
  } finally {
    sshd('mv sshd_config.bench sshd_config');
  }
}

/** @param change what is done in /etc/ssh before sshd reads it again. */
const sshd = (change: string) =>
  lab('exec', 'mimando', '--', 'sh', '-c', `cd /etc/ssh && ${change} && rcctl reload sshd`);

async function measured(count: number): Promise<readonly Row[]> {
  const site = await openSite(0);
  // To an inventory, hosts behind one address and port are one host.
  const lines = await Promise.all(Array.from({ length: Math.max(...SIZES) }, () => openLine(addressOf('mimando'), 22)));
  const program = (size: number) => ({
    words: [
      'node',
      'dist/mailtun.js',
      'provision',
      '--check',
      inventoryOf(
        site,
        lines.map(({ port }) => port),
        size,
      ),
    ],
  });
  const programs = Object.fromEntries(
    SIZES.map(size => [String(size), async () => (await mustExit(program(size), 1)).milliseconds]),
  );
  const times = await rounds(count, programs);
  const rows: Row[] = [];
  for (const size of SIZES) {
    const own = times[size] ?? [];
    const target = GROWTH[size];
    const than = target?.of ?? SIZES[0];
    rows.push(
      row('many hosts on one machine', `mailtun provision --check, ${size} hosts`, own, {
        ratio: size === than ? null : ratio(own, times[than] ?? []),
        than: `${than} hosts`,
        target: target ? { most: target.ratio } : null,
        counts: { MB: (await watched(program(size))).megabytes },
        limits: target ? { MB: { most: target.megabytes } } : {},
      }),
    );
  }
  for (const line of lines) line.close();
  site.close();
  return rows;
}

function inventoryOf(site: Site, ports: readonly number[], size: number): string {
  const text = readFileSync(site.inventory, 'utf8');
  const [before = '', mimando = ''] = text.split(/^ {2}mimando:\n/m);
  const stations = Array.from({ length: size - 2 }, (_, index) => ({ name: `desk${index}`, index }));
  const hosts = stations.map(({ name, index }) =>
    `  ${name}:\n${mimando}`
      .replace(/port: \d+/, `port: ${ports[index]}`)
      .replace('mimando.lan', `${name}.lan`)
      .replace('2001:db8:6969::2', `2001:db8:6969::${(index + 0x100).toString(16)}`),
  );
  const recipients = stations.map(({ name }) => `"${name}": "jay@${name}"`);
  const path = join(site.folder, `${size}-hosts.yaml`);
  writeFileSync(
    path,
    before.replace(/recipients: .*/, `recipients: { postmaster: jay@desk0, ${recipients.join(', ')} }`) +
      hosts.join(''),
  );
  return path;
}
