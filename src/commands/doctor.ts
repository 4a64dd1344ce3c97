import type { AskedHost } from '../checks/host-facts.ts';
import { hostProblems } from '../checks/host-problems.ts';
import { diagnosis } from '../checks/judge.ts';
import { hostsOf } from '../checks/path.ts';
import { doctorJson, doctorText, type Findings } from '../report/doctor.ts';
import { pageColumns, painter } from '../report/page.ts';
import { begin } from './begin.ts';
import { examine } from './examine.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { type Act, type CommonOptions, EXIT } from './terminal.ts';

/** Options of `mailtun doctor`. */
export interface DoctorOptions extends CommonOptions {
  /** A mail address, a domain or a client's address, to be looked up in the mail logs of the relays. */
  readonly why?: string;
}

/**
 * Follows the path of mail, or its hops at the chosen hosts, and reports the first fault; changes nothing. Resolves to
 * the exit status.
 */
export const doctor: Act<DoctorOptions> = async (inventory, options, terminal) => {
  if (options.why !== undefined) {
    const { why } = await import('./why.ts');
    return why(await loadFleet(inventory, terminal), options.why, options, terminal);
  }
  const begun = await begin(inventory, options, terminal);
  const { fleet } = begun;
  const hosts = chosenHosts(fleet, options);
  const { asked, judged: all, now } = await examine(begun, options, terminal);
  const found: Findings = {
    judged: all.filter(({ hop }) => hostsOf(hop).some(host => hosts.has(host.name))),
    aside: asked.flatMap(one => (one.reached && hosts.has(one.host.name) ? hostProblems(one, asked, fleet, now) : [])),
  };
  if (options.json) terminal.out(`${JSON.stringify(doctorJson(found))}\n`);
  else {
    const paint = painter(terminal.interactive && !terminal.env.NO_COLOR);
    terminal.out(doctorText(found, paint, pageColumns(terminal.columns)));
  }
  return doctorExit(found, asked);
};

/** The exit status. A host that could not be reached counts if it is on a hop that was judged. */
export function doctorExit({ judged, aside }: Findings, asked: readonly AskedHost[]): number {
  const broken = diagnosis(judged).some(({ verdict }) => verdict.kind === 'broken');
  if (!broken) return aside.length === 0 ? EXIT.well : EXIT.unwell;
  const concerned = new Set(judged.flatMap(({ hop }) => hostsOf(hop)));
  return asked.every(one => one.reached || !concerned.has(one.host)) ? EXIT.unwell : EXIT.failed;
}
