/** Which key a login tries next, and the message if none is accepted. It does not know the packets. */
import { Failure } from '../../run/failure.ts';
import type { SessionBinding } from './agent.ts';
import { type Keys, MOST_OFFERS, type Offer } from './identities.ts';
import { type Attempt, type Destination, refusedLogin } from './login-faults.ts';
import { isCertificate, parseCertificate } from './public-keys.ts';

/** Signs with an offered key; resolves to the signature, preceded by its type. */
export type Sign = (offer: Offer, text: Buffer, binding?: SessionBinding) => Promise<Buffer>;

/** The answer of sshd to the last offer. */
interface Refusal {
  /** Methods that sshd still accepts. */
  readonly methods: readonly string[];
  /** The key was accepted, but sshd requires another one as well (AuthenticationMethods). */
  readonly partial: boolean;
}

/** The keys of a login, offered one after the other. */
export interface KeyAuthentication {
  /**
   * The next key to offer; `none` to ask sshd which methods it accepts; false when there is nothing left to try.
   * @param refusal null before sshd has answered.
   */
  next(refusal: Refusal | null): Offer | 'none' | false;
  /** The `sign` of the caller; it also records for the message that a key could not sign. */
  readonly sign: Sign;
  /** Why the login failed. */
  failure(): Failure;
}

/** Offers at most MOST_OFFERS keys. Only after that sshd is asked which methods it accepts, for the message. */
export function keyAuthentication(destination: Destination, keys: Keys, sign: Sign): KeyAuthentication {
  const left = keys.offers.slice(0, MOST_OFFERS);
  const surplus = keys.offers.slice(MOST_OFFERS).map(nameOf);
  const attempts: Attempt[] = [];
  let methods: readonly string[] | null = null;
  let unsigned: Failure | null = null;
  const outcome = (text: string): void => {
    const last = attempts.pop();
    if (last) attempts.push({ ...last, outcome: text });
  };
  return {
    next(refusal) {
      methods = refusal?.methods ?? methods;
      if (refusal?.partial) outcome('accepted, but sshd requires more');
      const offer = left.shift();
      if (!offer) return methods === null ? 'none' : false;
      attempts.push({ key: nameOf(offer), outcome: `refused${whyRefused(offer, destination.user)}` });
      return offer;
    },
    async sign(offer, text) {
      try {
        return await sign(offer, text);
      } catch (error) {
        // The next key is tried; if that is refused too, this is the reason to report.
        if (error instanceof Failure) unsigned = error;
        outcome('accepted, but it did not sign');
        throw error;
      }
    },
    failure: () => unsigned ?? refusedLogin(destination, attempts, methods, { ...keys, surplus }),
  };
}

const nameOf = (offer: Offer): string =>
  `${isCertificate(offer.publicKey) ? 'certificate ' : ''}${offer.from === 'agent' ? `${offer.name || 'a key'} of the agent` : offer.name}`;

/** Why no sshd would accept a certificate, as far as the certificate itself shows it. */
function whyRefused({ publicKey }: Offer, user: string): string {
  const certificate = parseCertificate(publicKey);
  if (!certificate) return '';
  const { validBefore, principals } = certificate;
  if (validBefore !== null && validBefore * 1000 < Date.now())
    return ` (it expired on ${new Date(validBefore * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC)`;
  return principals.length > 0 && !principals.includes(user) ? ` (it is for ${principals.join(', ')})` : '';
}
