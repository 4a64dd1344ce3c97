import { vouchedKeyState } from '../facts/vouched-key-state.ts';
import { isLost } from '../run/lost.ts';
import type { Observed, Question } from '../run/resource.ts';
import { certificateAt, certificateFault } from './certificate.ts';

/** A certificate with its chain, and its key, somewhere on a host. */
export interface VouchedCertificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  /** Under this key the host publishes `vouched` while the certificate may be presented, else `self-signed`. */
  readonly shownKey: string;
  /** Whether it has to be trusted by /etc/ssl/cert.pem of the host before it is presented, because it is verified. */
  readonly verified: boolean;
}

/** The questions about such a certificate. */
export const vouchedQuestions = ({ cert, key }: VouchedCertificate): readonly Question[] => [
  { kind: 'file', path: cert, want: 'content' },
  vouchedKeyState(cert, key),
];

/** What is wrong with it, or null. One that is due for renewal is not wrong: cron renews it. */
export function vouchedFault({ name, cert, key }: VouchedCertificate, observed: Observed, now: number): string | null {
  const { publicKey } = observed.get(vouchedKeyState(cert, key));
  return certificateFault(name, certificateAt(observed, cert), publicKey, { now, daysWanted: 0 });
}

/** Whether the certificate or its key holds only NUL bytes, as after a power cut. */
export const isVouchedLost = ({ cert, key }: VouchedCertificate, observed: Observed): boolean =>
  isLost(observed.file(cert).content) || observed.get(vouchedKeyState(cert, key)).isLost;

/** What a host publishes about it: `vouched` where it is presented, else `self-signed`. */
export function vouchedPublication(desired: VouchedCertificate, observed: Observed): Readonly<Record<string, string>> {
  const fits = vouchedFault(desired, observed, Date.now()) === null;
  const shown = fits && (!desired.verified || observed.get(vouchedKeyState(desired.cert, desired.key)).trusted);
  return { [desired.shownKey]: shown ? 'vouched' : 'self-signed' };
}
