import { vouchedKeyState } from '../facts/vouched-key-state.ts';
import { isLost } from '../run/lost.ts';
import type { Observed, Question } from '../run/resource.ts';
import { certificateAt, certificateFault } from './certificate.ts';

/** A certificate with its chain, and its key, somewhere on a host. */
export interface VouchedCertificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  /** Under this key the host publishes `vouched` while the certificate may be shown, `self-signed` otherwise. */
  readonly shownKey: string;
  /** Only a certificate that the host's own /etc/ssl/cert.pem leads to may be shown: somebody will verify it. */
  readonly verified: boolean;
}

/** What has to be asked about such a certificate. */
export const vouchedQuestions = ({ cert, key }: VouchedCertificate): readonly Question[] => [
  { kind: 'file', path: cert, want: 'content' },
  vouchedKeyState(cert, key),
];

/** What is wrong with it, or null. One that will be renewed soon is still right: that is cron's business. */
export function vouchedFault({ name, cert, key }: VouchedCertificate, observed: Observed, now: number): string | null {
  const { publicKey } = observed.get(vouchedKeyState(cert, key));
  return certificateFault(name, certificateAt(observed, cert), publicKey, { now, daysWanted: 0 });
}

/** Whether nothing is left of the certificate or of its key but their length, as after a power cut. */
export const isVouchedLost = ({ cert, key }: VouchedCertificate, observed: Observed): boolean =>
  isLost(observed.file(cert).content) || observed.get(vouchedKeyState(cert, key)).isLost;

/** Under the certificate's key: `vouched` where it is shown, else `self-signed`. */
export function vouchedPublication(desired: VouchedCertificate, observed: Observed): Readonly<Record<string, string>> {
  const fits = vouchedFault(desired, observed, Date.now()) === null;
  const shown = fits && (!desired.verified || observed.get(vouchedKeyState(desired.cert, desired.key)).trusted);
  return { [desired.shownKey]: shown ? 'vouched' : 'self-signed' };
}
