/** The records in DNS, compared with those that are wanted. Pure. */
import { isDkim, sameDkimKey } from '../facts/dkim-record.ts';
import { isDmarc, saysDmarc } from '../facts/dmarc-record.ts';
import type { DnsAnswer } from '../facts/lookup.ts';
import { spfRecords } from '../facts/spf.ts';
import type { RecordSet } from './record-set.ts';
import { spfVerdict } from './spf.ts';

/**
 * `missing`: there is none. `wrong`: there is another one in its place. `stale`: there is one too many. `unknown`: DNS
 * did not answer, or the record depends on others. `well` has the value that is there.
 */
type FindingState = 'well' | 'missing' | 'wrong' | 'stale' | 'unknown';

/** One DNS record, as it is wanted and as it was found. */
export interface Finding {
  readonly state: FindingState;
  readonly set: RecordSet;
  /** The record wanted; of a stale one the record that is there. */
  readonly value: string;
  /** The relay that it concerns; null for all. */
  readonly relay: string | null;
  /** What DNS said, in one line. */
  readonly said: string;
  /** The address that an SPF record does not let send. */
  readonly sender?: string;
}

/** @param answer null: it was not asked. */
export function findingsOf(set: RecordSet, answer: DnsAnswer | null): readonly Finding[] {
  if (set.wanted === null) return [];
  const found = answer?.kind === 'records' ? answer.values.filter(value => value !== '') : [];
  const said = answer?.kind === 'records' ? `${set.name} ${set.type}: ${found.join(', ')}` : (answer?.text ?? '');
  const all = (state: (value: string) => FindingState): readonly Finding[] =>
    (set.wanted ?? []).map(one => ({ state: state(one.value), set, ...one, relay: one.relay ?? set.relay, said }));
  if (answer === null || answer.kind === 'unknown') return all(() => 'unknown');
  if (set.kind === 'spf') return judgeSpf(set, found, all);
  if (set.type === 'TXT') return all(value => judgeText(set, value, found));
  const other = set.type === 'PTR' && found.length > 0 ? 'wrong' : 'missing';
  const wanted = set.wanted.map(({ value }) => value);
  // A second name of an address does no harm.
  const strays = set.type === 'PTR' ? [] : found.filter(value => !wanted.includes(value));
  return [
    ...all(value => (found.includes(value) ? 'well' : other)),
    ...strays.map(value => ({ state: 'stale' as const, set, value, relay: set.relay, said })),
  ];
}

/** Two records of a kind are as good as none (RFC 7489, 6.6.3; RFC 6376, 3.6.2.2). */
function judgeText({ kind }: RecordSet, wanted: string, found: readonly string[]): FindingState {
  const [first, ...more] = found.filter(kind === 'dkim' ? isDkim : isDmarc);
  if (first === undefined) return 'missing';
  if (kind === 'dmarc-reports') return 'well';
  const says = kind === 'dkim' ? sameDkimKey : saysDmarc;
  return more.length === 0 && says(first, wanted) ? 'well' : 'wrong';
}

/** One finding for each sender that the record does not allow; two records are a permanent error (RFC 7208, 4.5). */
function judgeSpf(
  set: RecordSet,
  found: readonly string[],
  all: (state: () => FindingState) => readonly Finding[],
): readonly Finding[] {
  const [record, ...more] = spfRecords(found);
  if (!record || more.length > 0) return all(() => (record ? 'wrong' : 'missing'));
  const senders = set.senders ?? [];
  const verdicts = senders.map(({ value }) => spfVerdict(record.terms, value, set.own ?? []));
  const refused = senders.filter((_, index) => verdicts[index] === 'fails');
  if (refused.length > 0)
    return refused.flatMap(({ value, relay }) =>
      all(() => 'wrong').map(one => ({ ...one, sender: value, relay, said: record.text })),
    );
  return all(() => (verdicts.every(verdict => verdict === 'passes') ? 'well' : 'unknown'));
}
