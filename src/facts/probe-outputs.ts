/** What the probes of probes.ts printed. Pure. */
import { type Fact, fact } from '../run/fact.ts';
import { parseWgInterface, type WgInterface } from './ifconfig.ts';
import { linesOf } from './lines.ts';
import type { Probe, ProbeOf } from './probe.ts';
import { probing } from './probes.ts';

/** What the probes printed, and the tunnel's interface before and after all of them. */
export interface ProbeOutputs {
  /** Null where there is none. */
  readonly before: WgInterface | null;
  readonly after: WgInterface | null;
  /** What a probe has found out; null where it was not made, or nothing was heard. */
  readonly said: <T>(probe: ProbeOf<T>) => T | null;
}

/**
 * Lines that begin with a probe's number, and others: no line of ifconfig(8) begins with a digit. Of those, the ones before
 * the line `# probes` were printed before any probe was made.
 */
export function probeOutputs(text: string, probes: readonly Pick<Probe, 'key'>[]): ProbeOutputs {
  const outputs: string[][] = probes.map(() => []);
  const others: string[] = [];
  for (const line of linesOf(text)) {
    const [, number, said = ''] = /^(\d+)(?: (.*))?$/s.exec(line) ?? [];
    if (number === undefined) others.push(line);
    else outputs[Number(number)]?.push(said);
  }
  const made = others.indexOf('# probes');
  const byKey = new Map(probes.map(({ key }, index) => [key, outputs[index]?.join('\n')]));
  const known = new Map<string, unknown>();
  return {
    before: parseWgInterface(others.slice(0, Math.max(0, made)).join('\n')),
    after: parseWgInterface(others.slice(made + 1).join('\n')),
    said<T>({ key, read }: ProbeOf<T>): T | null {
      const printed = byKey.get(key);
      if (printed && !known.has(key)) known.set(key, read(printed));
      // One key has one reader.
      return (known.get(key) ?? null) as T | null;
    },
  };
}

/** All probes of a host. @param wgInterface empty where it has no tunnel. */
export const probed = (wgInterface: string, probes: readonly Probe[]): Fact<ProbeOutputs> =>
  fact('what it can reach', probing(wgInterface, probes), text => probeOutputs(text, probes));

/** Probes of DNS only. */
export const publicRecords = (probes: readonly Probe[]): Fact<ProbeOutputs> =>
  fact('the public records', probing('', probes), text => probeOutputs(text, probes));
