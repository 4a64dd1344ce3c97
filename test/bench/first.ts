/** From bare hosts to a mail system: most of it is what the hosts themselves take, keys, daemons, proofs. */
import { type Contender, mailtun } from './converged.ts';
import { ratio, watched } from './measure.ts';
import { type Row, row } from './row.ts';
import { bytesDuring, lab, type Site } from './site.ts';
import { EXCHANGES, OTHERS } from './targets.ts';

export async function first(site: Site, count: number, contenders: readonly Contender[]): Promise<readonly Row[]> {
  const chapter = `bare hosts, ${site.roundTripMilliseconds} ms away`;
  const own: number[] = [];
  const theirs = contenders.map((): number[] => []);
  const failures = contenders.map(() => '');
  let roundTrips = 0;
  let kilobytes = 0;
  let megabytes = 0;
  for (let round = 0; round < count; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      lab('fresh', 'all');
      try {
        theirs[index]?.push(await contender.first(site));
      } catch (error) {
        failures[index] = ` failed: ${(error as Error).message.slice(0, 300)}`;
      }
    }
    lab('fresh', 'all');
    const bytes = await bytesDuring(site, async () => {
      const { exit, milliseconds, stdout, stderr, ...rest } = await watched(mailtun(site, 'provision', '--json'));
      if (exit !== 0) throw new Error(`mailtun provision exited ${exit}: ${stderr.slice(-2000)}`);
      own.push(milliseconds);
      megabytes = Math.max(megabytes, rest.megabytes);
      roundTrips = Math.max(...JSON.parse(stdout).hosts.map((host: { roundTrips: number }) => host.roundTrips));
    });
    kilobytes = bytes / 1000;
  }
  return [
    row(chapter, 'mailtun provision, three hosts', own, {
      counts: { 'round trips a host': roundTrips, kB: kilobytes, MB: megabytes },
      limits: { 'round trips a host': { most: EXCHANGES.first } },
    }),
    ...contenders.map(({ name, rival }, index) =>
      row(chapter, `${name}${failures[index]}, three hosts`, theirs[index] ?? [], {
        ratio: theirs[index]?.length ? ratio(theirs[index], own) : null,
        than: 'mailtun',
        target: rival === null ? null : { least: OTHERS[rival].first },
      }),
    ),
  ];
}
