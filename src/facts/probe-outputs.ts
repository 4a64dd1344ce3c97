/** What the probes of probes.ts printed. Pure. */
import { type Fact, fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';
import { type Probe, probing } from './probes.ts';

/** What each probe printed, in order, and the tunnel's interface before and after all of them. */
export interface ProbeOutputs {
  readonly before: string;
  readonly probes: readonly string[];
  readonly after: string;
}

/**
 * Lines that begin with a probe's number, and others: no line of ifconfig(8) begins with a digit. Of those, the ones before
 * the line `# probes` were printed before any probe was made.
 */
export function probeOutputs(text: string, count: number): ProbeOutputs {
  const outputs: string[][] = Array.from({ length: count }, () => []);
  const others: string[] = [];
  for (const line of linesOf(text)) {
    const [, number, said = ''] = /^(\d+)(?: (.*))?$/s.exec(line) ?? [];
    if (number === undefined) others.push(line);
    else outputs[Number(number)]?.push(said);
  }
  const made = others.indexOf('# probes');
  return {
    before: others.slice(0, Math.max(0, made)).join('\n'),
    probes: outputs.map(lines => lines.join('\n')),
    after: others.slice(made + 1).join('\n'),
  };
}

/** All probes of a host. @param wgInterface empty where it has no tunnel. */
export const probed = (wgInterface: string, probes: readonly Probe[]): Fact<ProbeOutputs> =>
  fact('what it can reach', probing(wgInterface, probes), text => probeOutputs(text, probes.length));

/** Probes of DNS only. */
export const publicRecords = (probes: readonly Probe[]): Fact<ProbeOutputs> =>
  fact('the public records', probing('', probes), text => probeOutputs(text, probes.length));
