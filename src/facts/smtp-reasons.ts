/** What smtpd(8) logs and shows as the reason why a mail was not sent, and what TLS alerts mean to a client. */
import { alertIn } from './s-client.ts';

/** What a reason is about. */
export type ReasonKind =
  | 'refused'
  | 'no answer'
  /** By pf(4) of the host itself: a packet that it drops on its way out is EACCES to who sent it (ip_output.c). */
  | 'blocked here'
  | 'no tunnel'
  | 'unresolved'
  | 'no tls'
  | 'untrusted'
  | 'misnamed'
  | 'expired'
  | 'not yet valid'
  | 'client untrusted'
  | 'client missing'
  | 'client expired'
  | 'password'
  | 'recipient'
  | 'downgraded'
  | 'address family'
  | 'other';

// As recorded on running machines, and as mta.c, mta_session.c and libtls have them.
const REASONS: readonly (readonly [RegExp, ReasonKind])[] = [
  [/Destination address required|Required key not available/, 'no tunnel'],
  [/^(?:Connection failed: )?Permission denied$/, 'blocked here'],
  [/Connection refused/, 'refused'],
  [/Connection timeout|timed out|No route to host|Network is (?:unreachable|down)|Host is down/, 'no answer'],
  [/certificate has expired/, 'expired'],
  [/certificate is not yet valid/, 'not yet valid'],
  [/not present in server certificate/, 'misnamed'],
  [/AUTH rejected|Authentication failed/, 'password'],
  [/Host not found|No MX found/, 'unresolved'],
  [/Invalid recipient/, 'recipient'],
  [/Must issue a STARTTLS command first/, 'downgraded'],
  [/TLS required but not supported/, 'no tls'],
  [/Address family mismatch/, 'address family'],
  [/certificate verification failed/, 'untrusted'],
];

/** Of the reason of an `mta error`, of a failed delivery, or of a queued mail. */
export function reasonKind(reason: string): ReasonKind {
  // An alert is the far side's complaint about our certificate; the local complaint is about theirs.
  const alert = alertIn(reason);
  return alert === null ? (REASONS.find(([form]) => form.test(reason))?.[1] ?? 'other') : alertKind(alert);
}

/** Of an alert that the server sent, in OpenSSL's words: `certificate expired`. */
export const alertKind = (alert: string): ReasonKind => {
  if (alert.includes('expired')) return 'client expired';
  if (alert.includes('required') || alert.includes('no certificate')) return 'client missing';
  return /unknown ca|bad certificate|certificate unknown|decrypt/.test(alert) ? 'client untrusted' : 'other';
};
