import { diagnosis, type Judged } from '../checks/judge.ts';
import { hostsOf } from '../checks/path.ts';
import type { HostSeen } from '../checks/seen.ts';
import { doctorJson, doctorText } from '../report/doctor.ts';
import { pageColumns, painter } from '../report/page.ts';
import { examine } from './examine.ts';
import { chosenHosts, loadFleet } from './targets.ts';
import { type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/**
 * Follows the way of a mail, or its stretches at the chosen hosts, and names the first broken thing; changes nothing.
 * Resolves to the exit status.
 */
export async function doctor(
  inventory: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<number> {
  const fleet = await loadFleet(inventory, terminal);
  const hosts = chosenHosts(fleet, options);
  const { seen, judged: all } = await examine(fleet, options, terminal);
  const judged = all.filter(({ hop }) => hostsOf(hop).some(host => hosts.has(host.name)));
  if (options.json) terminal.out(`${JSON.stringify(doctorJson(judged))}\n`);
  else {
    const paint = painter(terminal.interactive && !terminal.env.NO_COLOR);
    terminal.out(doctorText(judged, paint, pageColumns(terminal.columns)));
  }
  return doctorExit(judged, seen);
}

/** A host that could not be reached counts where it lies on a stretch that was judged. */
export function doctorExit(judged: readonly Judged[], seen: readonly HostSeen[]): number {
  if (diagnosis(judged).every(({ verdict }) => verdict.kind !== 'broken')) return EXIT.well;
  const concerned = new Set(judged.flatMap(({ hop }) => hostsOf(hop)));
  return seen.every(one => one.reached || !concerned.has(one.host)) ? EXIT.unwell : EXIT.failed;
}
