import { diagnosis } from '../health/judge.ts';
import { doctorJson, doctorText } from '../report/doctor.ts';
import { painter } from '../report/page.ts';
import { examine } from './examine.ts';
import { loadFleet } from './targets.ts';
import { type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Follows the way of a mail and names the first broken thing; changes nothing. Resolves to the exit status. */
export async function doctor(
  inventory: string | undefined,
  options: CommonOptions,
  terminal: Terminal,
): Promise<number> {
  const fleet = await loadFleet(inventory, terminal);
  const { seen, judged } = await examine(fleet, options, terminal);
  if (options.json) terminal.out(`${JSON.stringify(doctorJson(judged))}\n`);
  else terminal.out(doctorText(judged, painter(terminal.interactive && !terminal.env.NO_COLOR)));
  if (diagnosis(judged).every(({ verdict }) => verdict.kind !== 'broken')) return EXIT.well;
  return seen.every(one => one.reached) ? EXIT.unwell : EXIT.failed;
}
