/** The trace of a test message, for programs and for people. */
import type { Trace } from '../checks/trace.ts';
import type { TestMail } from '../facts/test-mail.ts';
import { evidenceLines, labelled, PAGE_COLUMNS, type Paint } from './page.ts';

/** The trace of a test message on one host. */
export interface SentHop {
  readonly host: string;
  readonly msgid: string;
  readonly trace: Trace;
  /** The inventory name of the next host; null where it left the fleet or was not sent on. */
  readonly next: string | null;
}

/** A test message and where it went. */
export interface Sent {
  readonly mail: TestMail;
  readonly direction: 'in' | 'out';
  /** The inventory name of the host that submitted it; null for this machine. */
  readonly handedInOn: string | null;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly hops: readonly SentHop[];
  /** Its path in a maildir, before it was deleted; null where it was not found. */
  readonly file: string | null;
  readonly stopped: { readonly host: string; readonly why: string } | null;
}

/** The document of --json, with a hop for each host that had the message. */
export const sentJson = (
  { mail, direction, handedInOn, began, hops, file, stopped }: Sent,
  now = Date.now(),
): object => ({
  command: 'send-test',
  arrived: stopped === null,
  direction,
  handedInOn,
  id: mail.id,
  from: mail.sender,
  to: mail.to,
  seconds: Math.round((now - began) / 100) / 10,
  hops: hops.map(({ host, msgid, trace, next }) => ({
    host,
    msgid,
    from: trace.from,
    to: next ?? trace.delivery?.relay ?? null,
    delay: trace.delivery?.delay ?? null,
    tls: tlsText(trace, hops),
    result: trace.delivery?.result ?? null,
    said: trace.delivery?.said ?? null,
  })),
  file,
  stopped,
});

/** A line for each hop, then the result; ends with a newline. */
export function sentText(
  sent: Sent,
  inventory: string,
  paint: Paint,
  { columns = PAGE_COLUMNS, now = Date.now() }: { readonly columns?: number; readonly now?: number } = {},
): string {
  const { mail, hops, file, stopped, began } = sent;
  const width = Math.max(0, ...hops.map(({ host }) => host.length));
  const handedIn = labelled('', handedInText(sent), columns);
  const lines = hops.flatMap(hop => labelled(`${hop.host.padEnd(width)}  `, hopText(hop, hops), columns));
  const seconds = ((now - began) / 1000).toFixed(1);
  if (stopped)
    return `${[
      ...handedIn,
      ...lines,
      '',
      ...labelled('', `It has not arrived: it stopped at ${stopped.host}.`, columns).map(line => paint('bad', line)),
      ...evidenceLines({ evidence: stopped.why, remedy: `mailtun doctor ${inventory}` }, columns),
    ].join('\n')}\n`;
  const end = file === null ? `${mail.to} has it` : `it was in ${file}, and has been deleted`;
  const arrived = labelled('', `Arrived after ${seconds} s: ${end}.`, columns);
  return `${[...handedIn, ...lines, '', ...arrived.map(line => paint('good', line))].join('\n')}\n`;
}

/** A relay that sends to itself does not show whether the path from the internet works. */
const handedInText = ({ direction, handedInOn, mail }: Sent): string =>
  handedInOn === null
    ? 'Sent from this machine.'
    : direction === 'in'
      ? `Sent from ${handedInOn} itself, so the path from the internet is not tested: use --from-here for that.`
      : `Sent from ${handedInOn} by ${mail.sender}.`;

function hopText(hop: SentHop, hops: readonly SentHop[]): string {
  const { delivery } = hop.trace;
  const tls = tlsText(hop.trace, hops);
  const source = hop.trace.from === null ? '' : `from ${hop.trace.from}, `;
  if (!delivery) return `${source}not delivered${hop.trace.error === null ? '' : `: ${hop.trace.error}`}`;
  const where = delivery.agent === 'mda' ? 'to the maildir' : `to ${hop.next ?? delivery.relay ?? 'no host'}`;
  const how = delivery.agent === 'mta' ? `, ${tls ?? 'without TLS'}` : '';
  return `${source}${where} in ${delivery.delay}${how}: ${delivery.result}, ${delivery.said}`;
}

/** `verified on both sides` if the next host has verified the certificate of this one as well. */
function tlsText(trace: Trace, hops: readonly SentHop[]): string | null {
  if (trace.sent === null) return null;
  const next = hops.find(({ msgid }) => msgid === trace.next);
  const ours = trace.sent === 'valid' || trace.sent === 'verified' ? 'verified' : 'not verified';
  return ours === 'verified' && next?.trace.received === 'verified' ? 'verified on both sides' : `TLS, ${ours}`;
}
