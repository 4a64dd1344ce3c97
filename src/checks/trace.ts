/** The path of a message through one host, from the lines of its log. Pure. */
import type { Delivery, MailEvent } from '../facts/maillog.ts';
import { acceptedAs, type Followed } from '../facts/test-mail.ts';

/** What one host's log says of one message. */
export interface Trace {
  /** Address it came from, `local` where it was handed in on the host; null where the log does not say. */
  readonly from: string | null;
  /** Result of the check of the sender's certificate; null where none was requested. */
  readonly received: string | null;
  /** Result of the check of the next host's certificate; null before that, and without TLS. */
  readonly sent: string | null;
  /** The last one; null while there is none. */
  readonly delivery: Delivery | null;
  /** The id of the message on the next host; null where that has not accepted it. */
  readonly next: string | null;
  /** The last that went wrong; null where nothing did. */
  readonly error: string | null;
}

/** Of the message with this id. */
export function traceOf(msgid: string, { events, queue }: Followed): Trace {
  const session = events.find(event => event.kind === 'accepted' && event.msgid === msgid);
  const came = session?.kind === 'accepted' ? session.session : null;
  const delivery = lastDelivery(events, msgid);
  const checkedIn = (session: string | null): string | null =>
    events.filter(isOf('checked')).find(event => event.session === session)?.result ?? null;
  const waiting = queue.find(mail => mail.msgid === msgid);
  return {
    from: events.filter(isOf('connected')).find(event => event.session === came)?.address ?? null,
    received: checkedIn(came),
    sent: delivery && checkedIn(delivery.session),
    delivery,
    next: delivery?.result === 'Ok' ? acceptedAs(delivery.said) : null,
    error: delivery?.result === 'Ok' ? null : (errorIn(events) ?? delivery?.said ?? (waiting?.error || null)),
  };
}

type Kind = MailEvent['kind'];

const isOf =
  <K extends Kind>(kind: K) =>
  (event: MailEvent): event is Extract<MailEvent, { readonly kind: K }> =>
    event.kind === kind;

const lastDelivery = (
  events: readonly MailEvent[],
  msgid: string,
): (Delivery & { readonly session: string }) | null => {
  const last = events.findLast(event => event.kind === 'delivery' && event.evpid.startsWith(msgid));
  return last?.kind === 'delivery' ? last : null;
};

function errorIn(events: readonly MailEvent[]): string | null {
  const last = events.findLast(event => event.kind === 'error' || event.kind === 'unresolved');
  return last && 'reason' in last ? last.reason : null;
}
