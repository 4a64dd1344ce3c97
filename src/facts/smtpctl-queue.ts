/**
 * What `smtpctl show queue` prints: an envelope a line, fourteen fields between bars (show_queue_envelope() in smtpctl.c,
 * recordings).
 */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';
import { oneOf } from './one-of.ts';

const AGENTS = ['mta', 'mda', 'bounce', '?'] as const;
const STATES = ['pending', 'inflight', 'offline', 'invalid'] as const;

/** An envelope as `smtpctl show queue` prints it. */
export interface QueuedMail {
  /** 16 hex digits; the first 8 are the message's id. */
  readonly evpid: string;
  readonly msgid: string;
  readonly agent: (typeof AGENTS)[number];
  /** `auth`, `bounce`, `hold`, `suspend`, `internal`. */
  readonly flags: readonly string[];
  /** Empty for a bounce. */
  readonly sender: string;
  readonly recipient: string;
  /** Seconds since 1970, as the host counts them. */
  readonly created: number;
  readonly state: (typeof STATES)[number];
  /** To the next attempt where pending, since the attempt began where inflight; null where offline. */
  readonly seconds: number | null;
  /** Why the last attempt failed; empty before the first. */
  readonly error: string;
}

// A local part may hold a bar, so the fields are found from the block of numbers in the middle.
const LINE =
  /^([0-9a-f]{16})\|(\w+|\?)\|(mta|mda|bounce|\?)\|([a-z,]*)\|(.*)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|(pending|inflight|offline|invalid)\|(-?\d*)\|(.*)$/s;

/** How many envelopes are queued, and the age of the oldest. */
export interface QueueTotal {
  readonly count: number;
  /** When the oldest was made, in seconds since 1970; null where there is none. */
  readonly oldest: number | null;
}

/** The line `total COUNT OLDEST`, which counts the whole queue although only its end is read; null without one. */
export function parseQueueTotal(text: string): QueueTotal | null {
  const [, count, oldest] = /^total (\d+) (\d+)$/m.exec(text) ?? [];
  return count === undefined ? null : { count: Number(count), oldest: Number(oldest) || null };
}

/** Lines that are not envelopes are ignored. */
export const parseQueue = (text: string): readonly QueuedMail[] => linesOf(text).flatMap(line => envelope(line));

function envelope(line: string): QueuedMail | readonly [] {
  const match = LINE.exec(line);
  if (!match) return [];
  const [, evpid = '', , , flags = '', addresses = '', created, , , , , seconds, error = ''] = match;
  const [agent, state] = [oneOf(AGENTS, match[3]), oneOf(STATES, match[10])];
  if (!agent || !state) return [];
  const [sender = '', recipient = ''] = splitAddresses(addresses);
  return {
    evpid,
    msgid: evpid.slice(0, 8),
    agent,
    flags: flags === '' ? [] : flags.split(','),
    sender: sender === '@' ? '' : sender,
    recipient,
    created: Number(created),
    state,
    seconds: seconds === '' ? null : Number(seconds),
    error,
  };
}

/** Sender, recipient, destination; each ends after its last `@` with a domain, which holds no bar. */
function splitAddresses(text: string): readonly string[] {
  const parts = [...text.matchAll(/(.*?@[^|@]*)(?:\||$)/g)].map(match => match[1] ?? '');
  return parts.length >= 3 ? parts : text.split('|');
}

// All are counted, the last ones are read. A local part may hold bars, so the time is found from the block of numbers
// behind it, as the parser does (smtpctl.c).
const SHOW = `
timeout 10 smtpctl show queue | awk '
  { last[NR % 2000] = $0 }
  match($0, /^[0-9a-f]+[|].*[|][0-9]+[|][0-9]+[|][0-9]+[|][0-9]+[|](pending|inflight|offline|invalid)[|]/) {
    n = split(substr($0, 1, RLENGTH), part, "|")
    created = part[n - 5]
    if (!count++ || created + 0 < oldest + 0) oldest = created
  }
  END {
    for (n = NR > 2000 ? NR - 1999 : 1; n <= NR; n++) print last[n % 2000]
    print "total", count + 0, oldest + 0
  }'
`;

/** The queue: the last two thousand envelopes, and how many there are. */
export const QUEUE: Fact<{ readonly mails: readonly QueuedMail[]; readonly total: QueueTotal | null }> = fact(
  'smtpctl show queue',
  command(SHOW),
  text => ({ mails: parseQueue(text), total: parseQueueTotal(text) }),
);
