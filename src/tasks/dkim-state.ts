/** What a relay says of its DKIM keys, and what DNS says of them there. Pure. */
import { parseDkimRecord, sameDkimKey } from '../facts/dkim-record.ts';
import { type DnsAnswer, parseHost } from '../facts/lookup.ts';

/** A key that a relay signs with, or has signed with. */
export interface DkimKey {
  readonly selector: string;
  /** The text of its TXT record. */
  readonly record: string;
  /** `damaged`: the key file holds no key. `stale`: the record is older than the key. */
  readonly state: 'key' | 'damaged' | 'stale';
}

/** The keys of a relay. */
export interface DkimState {
  readonly keys: readonly DkimKey[];
  /** Null where nobody asked. */
  readonly answer: (selector: string, domain: string) => DnsAnswer | null;
}

/** @param text what the STATE script of dkim-scripts.ts printed. */
export function parseDkimState(text: string): DkimState {
  const keys: DkimKey[] = [];
  const answers = new Map<string, DnsAnswer>();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, state, selector, record] = /^(key|damaged|stale) (\S+) ?(.*)$/.exec(line) ?? [];
    if ((state === 'key' || state === 'damaged' || state === 'stale') && selector !== undefined)
      keys.push({ state, selector, record: record ?? '' });
    if (!/^dns \S+ \S+$/.test(line)) continue;
    const end = lines.indexOf('.', at);
    answers.set(line.slice('dns '.length), parseHost(lines.slice(at + 1, end < 0 ? undefined : end).join('\n')));
    at = end < 0 ? lines.length : end;
  }
  return { keys, answer: (selector, domain) => answers.get(`${selector} ${domain}`) ?? null };
}

/** Whether the world can verify what is signed with a key. */
export type Published = 'yes' | 'no' | 'unknown';

/** Two records at one name are as good as none (RFC 6376, 3.6.2.2). */
export function isPublished(key: DkimKey, answer: DnsAnswer | null): Published {
  if (key.state !== 'key') return 'no';
  if (answer === null || answer.kind === 'unknown') return 'unknown';
  if (answer.kind === 'none') return 'no';
  const records = answer.values.filter(text => parseDkimRecord(text) !== null);
  return records.length === 1 && sameDkimKey(records[0] ?? '', key.record) ? 'yes' : 'no';
}
