/** What DNS answers where a relay asks, in one question. Pure. */
import type { DnsAnswer } from '../facts/lookup.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { Observed, Question } from '../run/resource.ts';
import { answerOf } from './dns.ts';
import { probeOutputs } from './probe-outputs.ts';
import { probing } from './probes.ts';
import type { RecordSet } from './public-records.ts';
import { dnsProbes, KEYS } from './questions.ts';

/** The answer about a set of records; null where nothing was heard. */
export type DnsView = (set: RecordSet) => DnsAnswer | null;

const QUESTION = 'the public records';

/** About every record that the inventory wants. */
export const dnsQuestion = (fleet: Fleet): Question => ({
  kind: 'run',
  name: QUESTION,
  command: probing(
    '',
    dnsProbes(fleet).map(({ probe }) => probe),
  ),
});

/** @param observed the answer to `dnsQuestion` of the same fleet. */
export function dnsViewOf(fleet: Fleet, observed: Observed): DnsView {
  const probes = dnsProbes(fleet);
  const { probes: outputs } = probeOutputs(observed.run(QUESTION).stdout.toString('utf8'), probes.length);
  const byKey = new Map(probes.map(({ key }, index) => [key, outputs[index] ?? '']));
  return ({ type, name }) => {
    const text = byKey.get(KEYS.dns(type.toLowerCase(), name));
    return text ? answerOf(text) : null;
  };
}
