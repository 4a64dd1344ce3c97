/** One mail's way through one host, from the lines its log has about it. Pure. */
import { type Delivery, type MailEvent, parseMaillog } from '../facts/maillog.ts';
import { parseQueue } from '../facts/smtpctl-queue.ts';

/** What one host's log says of one message. */
export interface Trace {
  /** Address it came from, `local` where it was handed in on the host; null where the log does not say. */
  readonly from: string | null;
  /** What was found of the sender's certificate; null where none was asked for. */
  readonly received: string | null;
  /** What was found of the next host's certificate; null before that, and where there was no TLS. */
  readonly sent: string | null;
  /** The last one; null while there is none. */
  readonly delivery: Delivery | null;
  /** Under which the next host knows the mail; null where it has not taken it. */
  readonly next: string | null;
  /** The last that went wrong; null where nothing did. */
  readonly error: string | null;
}

/** @param log lines about the message, and the errors of that time. @param queue its lines in the queue. */
export function traceOf(msgid: string, log: string, queue: string): Trace {
  const events = parseMaillog(log);
  const session = events.find(event => event.kind === 'accepted' && event.msgid === msgid);
  const came = session?.kind === 'accepted' ? session.session : null;
  const delivery = lastDelivery(events, msgid);
  const waiting = parseQueue(queue).find(mail => mail.msgid === msgid);
  return {
    from: ofSession(events, came, 'connected')?.address ?? null,
    received: ofSession(events, came, 'checked')?.result ?? null,
    sent: delivery ? (ofSession(events, delivery.session, 'checked')?.result ?? null) : null,
    delivery,
    next:
      /\b([0-9a-f]{8}) Message accepted for delivery/.exec(delivery?.result === 'Ok' ? delivery.said : '')?.[1] ?? null,
    error: delivery?.result === 'Ok' ? null : (errorIn(events) ?? delivery?.said ?? (waiting?.error || null)),
  };
}

type Kind = MailEvent['kind'];

function ofSession<K extends Kind>(events: readonly MailEvent[], session: string | null, kind: K) {
  const found = events.find(event => event.kind === kind && 'session' in event && event.session === session);
  return found as Extract<MailEvent, { readonly kind: K }> | undefined;
}

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
