/** What smtpd(8) logs and shows as the reason why a mail was not sent or smtpd ended, and what TLS alerts mean to a client. */
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

/** Of the reason why a TLS handshake with a client failed, in the server's log: what is wrong with the client's certificate. */
export const clientFault = (reason: string): 'client untrusted' | 'client missing' | null => {
  if (/certificate verify failed$/.test(reason)) return 'client untrusted';
  return /peer did not return a certificate|no certificate returned/.test(reason) ? 'client missing' : null;
};

/** Whether a session ended, for this reason, before it was encrypted. */
export const isFailedHandshake = (reason: string): boolean => reason.includes('handshake failed');

/** Why smtpd ended when it started, of what it logged: bind(2) had no such address, or somebody else had it. */
export const bindFault = (reason: string): 'no address' | 'taken' | null => {
  if (reason.includes("Can't assign requested address")) return 'no address';
  return reason.includes('Address already in use') ? 'taken' : null;
};

/** Whether the delivery agent found no maildir, or may not write there. */
export const lacksMaildir = (said: string): boolean => /No such file or directory|not allowed to deliver/.test(said);

/** Whether a server said this (RFC 5321), and not smtpd for want of one. */
export const isReply = (said: string): boolean => /^[245]\d\d\b/.test(said);
