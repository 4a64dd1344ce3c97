/** What can go wrong when one smtpd sends mail to the next, as a probe or the log shows it. Pure. */
import { alertKind, type ReasonKind, reasonKind } from '../facts/smtp-reasons.ts';
import type { SmtpSession } from '../facts/smtp-session.ts';
import type { SmtpHop } from './path.ts';

/** What kept a message from being passed on. */
type TroubleKind = ReasonKind | 'no reply';

/** A failure to pass mail on, by its kind. */
export interface Trouble {
  readonly kind: TroubleKind;
  /** As the host or the log says it. */
  readonly evidence: string;
}

/** From the reason of an `mta error`, of a failed delivery, or of a queued mail. */
export const troubleOfReason = (reason: string): Trouble => ({ kind: reasonKind(reason), evidence: reason });

/** From the answers to a probe; null where all went well. `now` is in milliseconds since 1970. */
export function troubleOfSession(
  session: SmtpSession,
  hop: Pick<SmtpHop, 'authority' | 'name' | 'from' | 'address'>,
  now: number,
): Trouble | null {
  const { tls, replies } = session;
  if (session.silent) return null;
  if (!tls.connected) {
    if (tls.complaint !== null) return { ...troubleOfReason(tls.complaint), evidence: `connect: ${tls.complaint}` };
    return { kind: 'no answer', evidence: `${hop.address} port 25 did not answer ${hop.from.name} in 8 s` };
  }
  return (hop.authority === null ? null : tlsTrouble(session, hop.name, now)) ?? replyTrouble(replies, session);
}

const EXPIRED = 10;
const NOT_YET_VALID = 9;

function tlsTrouble({ tls }: SmtpSession, name: string, now: number): Trouble | null {
  if (tls.verify === null) {
    if (tls.alert !== null) return { kind: alertKind(tls.alert), evidence: `TLS alert: ${tls.alert}` };
    return { kind: 'no tls', evidence: 'the connection was established, but the TLS handshake did not complete' };
  }
  const { code, text } = tls.verify;
  const facts = tls.certificate;
  const evidence = `certificate verification failed: ${text} (${code})`;
  if (code === EXPIRED || (facts && facts.until < now))
    return { kind: 'expired', evidence: facts ? `it expired ${new Date(facts.until).toISOString()}` : evidence };
  if (code === NOT_YET_VALID) return { kind: 'not yet valid', evidence };
  if (code !== 0) return { kind: 'untrusted', evidence };
  if (facts && !facts.names(name))
    return { kind: 'misnamed', evidence: `the certificate it presents is not valid for ${name}` };
  return null;
}

function replyTrouble(replies: SmtpSession['replies'], { tls }: SmtpSession): Trouble | null {
  const bad = replies.find(({ command, reply }) => command !== 'quit' && !/^[23]/.test(reply ?? ''));
  if (!bad) return null;
  const { command, reply } = bad;
  const evidence = reply === null ? `no answer to ${command}` : `${command}: ${reply}`;
  if (command === 'auth' && reply?.startsWith('5')) return { kind: 'password', evidence: reply };
  if (command.startsWith('rcpt') && reply?.startsWith('5')) return { kind: 'recipient', evidence };
  if (reply === null && tls.alert !== null) return { kind: alertKind(tls.alert), evidence: `TLS alert: ${tls.alert}` };
  return { kind: reply === null ? 'no reply' : 'other', evidence };
}
