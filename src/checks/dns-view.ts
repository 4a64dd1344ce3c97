/** What DNS answers where a relay asks, in one question. Pure. */
import type { DkimKey } from '../facts/dkim-keys.ts';
import { type DnsAnswer, dnsAnswer } from '../facts/lookup.ts';
import { publicRecords } from '../facts/probe-outputs.ts';
import type { Fleet, Relay } from '../hosts/fleet.ts';
import type { Observed, Question } from '../run/resource.ts';
import { dkimKeys } from '../tasks/dkim.ts';
import { dkimAnswer } from './dns.ts';
import { dnsProbes } from './questions.ts';
import type { RecordSet } from './record-set.ts';
import { tlsaDigests, tlsaQuestions } from './tlsa.ts';

/** What one relay said. */
export interface DnsView {
  readonly relay: string;
  /** The answer about a set of records; null where nothing was heard. */
  readonly answer: (set: RecordSet) => DnsAnswer | null;
  /** Its keys; null where it is not to sign. */
  readonly keys: readonly DkimKey[] | null;
  /** By mx name the digest of its TLS key; empty where none is to be in DNS. */
  readonly tlsa: ReadonlyMap<string, string>;
}

/** About every record that the inventory wants, and what only the relay has of them. */
export const dnsQuestions = (relay: Relay, fleet: Fleet, check: boolean): readonly Question[] => [
  ...tlsaQuestions(relay),
  ...(check ? [publicQuestion(fleet)] : []),
  ...(fleet.mail.dkim === null ? [] : [dkimKeys(fleet)]),
];

const publicQuestion = (fleet: Fleet) => publicRecords(dnsProbes(fleet));

/** @param observed the answers to `dnsQuestions` of the same fleet. */
export function dnsViewOf(relay: Relay, fleet: Fleet, observed: Observed, check: boolean): DnsView {
  const dkim = fleet.mail.dkim === null ? null : observed.get(dkimKeys(fleet));
  const outputs = check ? observed.get(publicQuestion(fleet)) : null;
  return {
    relay: relay.name,
    tlsa: tlsaDigests(relay, observed),
    keys: dkim?.keys ?? null,
    answer: set => {
      if (set.kind === 'dkim') return dkimAnswer(dkim, set);
      return outputs?.said(dnsAnswer(set.type, set.name)) ?? null;
    },
  };
}
