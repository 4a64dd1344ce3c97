/** Certificates in PEM, as openssl(1) and smtpd(8) read them. */
import { X509Certificate } from 'node:crypto';
import { remembered } from '../run/remembered.ts';

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Itself, PEM, with a newline at its end. */
  readonly pem: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** `self`, or what issued it: `C=US, O=Let's Encrypt, CN=E5`. */
  readonly issuer: string;
  /** SHA-256 in hex, lower case, no colons, as in maillog. */
  readonly fingerprint: string;
  /** Public key, PEM. */
  readonly publicKey: string;
  names(host: string): boolean;
}

/** The certificates of a text in their order, each in its frame, whatever text is between them. */
export const pemCertificates = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/** The first certificate of a text; null where there is none. */
export function readCertificate(text: string): CertificateFacts | null {
  const [pem] = pemCertificates(text);
  return pem === undefined ? null : factsOf(pem);
}

const factsOf = remembered((pem): CertificateFacts | null => {
  try {
    const certificate = new X509Certificate(pem);
    const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (Number.isNaN(from) || Number.isNaN(until)) return null;
    return {
      pem: certificate.toString(),
      from,
      until,
      issuer: certificate.issuer === certificate.subject ? 'self' : certificate.issuer.split('\n').join(', '),
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      publicKey: certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
      names: host => certificate.checkHost(host, { subject: 'never' }) !== undefined,
    };
  } catch {
    return null; // no certificate in spite of its frame: the same as none
  }
});
