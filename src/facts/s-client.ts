/** What `openssl s_client -starttls smtp` prints (openssl(1), recordings): its exit status says nothing. */
import { type CertificateFacts, pemCertificates, readCertificate } from './certificate-text.ts';

/** A TLS session, as s_client had it. */
export interface TlsSession {
  /** The TCP connection was established. */
  readonly connected: boolean;
  /** Why it was not: `Connection refused`; null where it was or nothing was printed. */
  readonly complaint: string | null;
  /** 0 is trusted (x509_verify_cert_error_string(3)); null where the handshake did not complete. */
  readonly verify: { readonly code: number; readonly text: string } | null;
  /** The server's; null where it showed none that can be read. */
  readonly certificate: CertificateFacts | null;
  /** The far side's TLS alert: `unknown ca`, `certificate required`. */
  readonly alert: string | null;
}

/** Texts of errno(2) that connect(2) may end with. */
const COMPLAINTS = [
  'Connection refused',
  'Connection reset by peer',
  'Operation timed out',
  'Connection timed out',
  'No route to host',
  'Network is unreachable',
  'Network is down',
  'Host is down',
  'Destination address required',
  "Can't assign requested address",
  'Permission denied',
];

/** Of a certificate in PEM: what s_client says on its error stream, as `250 HELP`, may get between its lines (s_client.c). */
const OTHER_LINE = /^(?!-----)[^\n]*[^A-Za-z0-9+/=\n][^\n]*\n/gm;

/** Both streams in one text. */
export function parseTlsSession(text: string): TlsSession {
  // Some releases print a whole session after a handshake that failed, with a result that means nothing.
  const verify = /^no peer certificate available$/m.test(text)
    ? null
    : /^\s*Verify return code: (\d+) \((.*)\)\s*$/m.exec(text);
  return {
    connected: /^CONNECTED\(/m.test(text),
    complaint: COMPLAINTS.find(complaint => text.includes(complaint)) ?? null,
    verify: verify ? { code: Number(verify[1]), text: verify[2] ?? '' } : null,
    certificate: readCertificate(pemCertificates(text)[0]?.replace(OTHER_LINE, '') ?? ''),
    alert: alertIn(text),
  };
}

/** The words of a TLS alert in an error of libssl's, whoever logged it; null where there is none. */
export const alertIn = (text: string): string | null =>
  /\b(?:sslv3|tlsv1|tlsv13|tlsv1\.3) alert ([a-z ]+[a-z])/.exec(text)?.[1] ?? null;
