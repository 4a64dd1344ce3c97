import { command } from '../run/command.ts';
import { isLost } from '../run/lost.ts';
import type { Observed, Question } from '../run/resource.ts';
import { certificateFault, readCertificate } from './certificate.ts';
import { isLostKey, TLS_PUBLIC_HALF, tlsPublicHalf } from './tls-key.ts';

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

// The first certificate of the file is the one that is verified, all of them may help (openssl(1), facts 5.1).
const STATE = `${TLS_PUBLIC_HALF}
[ -s "$1" ] && [ -s "$2" ] || exit 0
openssl verify -CAfile /etc/ssl/cert.pem -untrusted "$1" "$1" 2>/dev/null | grep -q ': OK$' && echo trusted
is_lost "$2" && echo lost || tls_public_half "$2"
exit 0
`;

const question = (cert: string): string => `the key of ${cert}`;

/** What has to be asked about such a certificate. */
export const vouchedQuestions = ({ cert, key }: VouchedCertificate): readonly Question[] => [
  { kind: 'file', path: cert, want: 'content' },
  { kind: 'run', name: question(cert), command: command(STATE, cert, key) },
];

/** What is wrong with it, or null. One that will be renewed soon is still right: that is cron's business. */
export function vouchedFault({ name, cert }: VouchedCertificate, observed: Observed, now: number): string | null {
  const { publicKey } = stateOf(cert, observed);
  return certificateFault(name, readCertificate(observed, cert), publicKey, { now, daysWanted: 0 });
}

/** Whether nothing is left of the certificate or of its key but their length, as after a power cut. */
export const isVouchedLost = ({ cert }: VouchedCertificate, observed: Observed): boolean =>
  isLost(observed.file(cert).content) || isLostKey(observed.run(question(cert)).stdout.toString('utf8'));

/** Under the certificate's key: `vouched` where it is shown, else `self-signed`. */
export function vouchedPublication(wish: VouchedCertificate, observed: Observed): Readonly<Record<string, string>> {
  const fits = vouchedFault(wish, observed, Date.now()) === null;
  const shown = fits && (!wish.verified || stateOf(wish.cert, observed).trusted);
  return { [wish.shownKey]: shown ? 'vouched' : 'self-signed' };
}

function stateOf(cert: string, observed: Observed): { readonly trusted: boolean; readonly publicKey: string } {
  const lines = observed.run(question(cert)).stdout.toString('utf8').trim().split('\n');
  const trusted = lines[0] === 'trusted';
  return { trusted, publicKey: tlsPublicHalf(lines.slice(trusted ? 1 : 0).join('\n')) };
}
