/** A run that finds everything as wanted, against the least that reaching the hosts costs. */

import { askedBy } from './asked.ts';
import { type Masters, openMasters } from './masters.ts';
import { mustExit, type Program, ratio, rounds, timed, watched } from './measure.ts';
import { type Row, row } from './row.ts';
import { bytesDuring, HOSTS, type Site } from './site.ts';
import { CONVERGED, EXCHANGES, LEAST, OTHERS } from './targets.ts';

export const mailtun = (site: Site, ...words: readonly string[]) => ({
  words: ['node', 'dist/mailtun.js', ...words, site.inventory],
});

const ssh = (site: Site, host: string) => ({ words: ['ssh', '-F', site.sshConfig, host, 'true'] });

/** All three at once: as long as the slowest. */
async function sshAll(site: Site): Promise<number> {
  const started = performance.now();
  await Promise.all(HOSTS.map(host => mustExit(ssh(site, host))));
  return performance.now() - started;
}

export interface Contender {
  readonly name: string;
  /** Whose targets it has; null for a row that is there to compare. */
  readonly rival: keyof typeof OTHERS | null;
  /** A run that may change something. */
  readonly first: (site: Site) => Promise<number>;
  /** A run on hosts that are as it wants them. @throws Error where it changes something. */
  readonly converged: (site: Site) => Promise<number>;
  /** What the converged run starts. */
  readonly program: (site: Site) => Program;
}

export async function converged(site: Site, count: number, contenders: readonly Contender[]): Promise<readonly Row[]> {
  await mustExit(mailtun(site, 'provision'));
  const masters = await openMasters(site);
  try {
    const rows = await ours(site, count, masters);
    const chapter = chapterOf(site);
    for (const contender of contenders)
      rows.push(
        await against(contender, site, masters, { count: Math.ceil(count / 2), chapter }).catch(error =>
          row(chapter, `${contender.name} failed: ${(error as Error).message.slice(0, 300)}`, [], {
            target: contender.rival === null ? null : { least: OTHERS[contender.rival].converged },
          }),
        ),
      );
    return rows;
  } finally {
    await masters.close();
  }
}

const chapterOf = (site: Site): string => `converged, ${site.roundTripMilliseconds} ms away`;

async function ours(site: Site, count: number, masters: Masters): Promise<Row[]> {
  const provision = mailtun(site, 'provision');
  const json = JSON.parse((await mustExit(mailtun(site, 'provision', '--json'))).stdout);
  if (json.totals.changed > 0) throw new Error('mailtun found something to change on converged hosts');
  const over =
    (...words: readonly string[]) =>
    async () =>
      (await mustExit(masters.over(...words))).milliseconds;
  const times = await rounds(count, {
    one: async () => (await mustExit(ssh(site, 'namorar'))).milliseconds,
    floor: () => sshAll(site),
    mailtun: async () => (await mustExit(provision)).milliseconds,
    master: over('provision'),
    check: over('provision', '--check'),
    // Whatever it finds: one of its statuses for a host that is not well.
    status: async () => (await timed(masters.over('status'))).milliseconds,
  });
  const { judged, asked } = askedBy(site.inventory);
  const target = CONVERGED[site.roundTripMilliseconds];
  const most = (ratio: number | undefined) => (ratio === undefined ? null : { most: ratio });
  const overMaster = (what: string, own: readonly number[]) =>
    row(chapterOf(site), `${what}, three hosts, over masters`, own, {
      ratio: ratio(own, times.floor),
      than: 'ssh, three at once, without masters',
      target: most(target?.master),
    });
  const chapter = chapterOf(site);
  return [
    row(chapter, 'ssh HOST true, one host', times.one),
    row(chapter, 'ssh HOST true, three at once', times.floor, {
      counts: { kB: (await bytesDuring(site, () => sshAll(site))) / 1000 },
    }),
    row(chapter, 'mailtun provision, three hosts', times.mailtun, {
      ratio: ratio(times.mailtun, times.floor),
      than: 'ssh, three at once',
      target: most(target?.login),
      counts: {
        'resources judged': judged,
        'facts asked': asked,
        'round trips a host': Math.max(...json.hosts.map((host: { roundTrips: number }) => host.roundTrips)),
        kB: (await bytesDuring(site, () => mustExit(provision))) / 1000,
        MB: (await watched(provision)).megabytes,
      },
      limits: {
        'resources judged': { least: LEAST.judged },
        'facts asked': { least: LEAST.asked },
        'round trips a host': { most: EXCHANGES.converged },
      },
    }),
    overMaster('mailtun provision', times.master),
    overMaster('mailtun provision --check', times.check),
    overMaster('mailtun status', times.status),
  ];
}

/**
 * mailtun once more for each of its runs, so that both meet the same weather; first the two agree about the hosts. Each
 * has what makes it fast: mailtun and Ansible their connections of ssh(1) alive, pyinfra its own.
 */
async function against(
  { name, rival, first, converged: run, program }: Contender,
  site: Site,
  masters: Masters,
  { count, chapter }: { readonly count: number; readonly chapter: string },
): Promise<Row> {
  await first(site);
  await mustExit(mailtun(site, 'provision'));
  const times = await rounds(count, {
    mailtun: async () => (await mustExit(masters.over('provision'))).milliseconds,
    other: () => run(site),
  });
  return row(chapter, `${name}, three hosts`, times.other, {
    ratio: ratio(times.other, times.mailtun),
    than: 'mailtun over masters',
    target: rival === null ? null : { least: OTHERS[rival].converged },
    counts: {
      kB: (await bytesDuring(site, () => run(site))) / 1000,
      MB: (await watched(program(site))).megabytes,
    },
  });
}
