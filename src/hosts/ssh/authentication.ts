/** Which key is tried next in one login, and what to say when none was taken. Knows no wire. */
import { Failure } from '../../run/failure.ts';
import type { SessionBinding } from './agent.ts';
import { type Keys, MOST_OFFERS, type Offer } from './identities.ts';
import { type Attempt, type Destination, refusedLogin } from './login-faults.ts';
import { isCertificate, parseCertificate } from './public-keys.ts';

/** Signs for one offered key: the signature with its type at its head. */
export type Sign = (offer: Offer, text: Buffer, binding?: SessionBinding) => Promise<Buffer>;

/** What sshd has said to the last offer. */
export interface Refusal {
  /** Methods that sshd still takes. */
  readonly methods: readonly string[];
  /** The key was right, but sshd wants another one as well (AuthenticationMethods). */
  readonly partial: boolean;
}

/** Which keys are offered, one after the other. */
export interface KeyAuthentication {
  /**
   * The next key to offer; `none` asks sshd what it takes; false: there is nothing left to try.
   * @param refusal null before sshd has said anything.
   */
  next(refusal: Refusal | null): Offer | 'none' | false;
  /** As the `sign` that was given; a key that cannot sign is remembered for the message. */
  readonly sign: Sign;
  /** What sshd takes besides the keys that it refused; null before it has said so. */
  readonly methods: readonly string[] | null;
  /** A key was right, but it could not sign. */
  readonly isUnsigned: boolean;
  /** Why there was no login. */
  failure(): Failure;
}

/** Offers one key after the other, at most MOST_OFFERS; only then sshd is asked what it takes at all, for the message. */
export function keyAuthentication(destination: Destination, keys: Keys, sign: Sign): KeyAuthentication {
  const left = keys.offers.slice(0, MOST_OFFERS);
  const surplus = keys.offers.slice(MOST_OFFERS).map(nameOf);
  const attempts: Attempt[] = [];
  let methods: readonly string[] | null = null;
  let unsigned: Failure | null = null;
  let isUnsigned = false;
  const outcome = (text: string): void => {
    const last = attempts.pop();
    if (last) attempts.push({ ...last, outcome: text });
  };
  return {
    get methods() {
      return methods;
    },
    get isUnsigned() {
      return isUnsigned;
    },
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
        // The next key is tried; should that be refused too, this is the reason to give.
        isUnsigned = true;
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

/** What can be seen of a certificate that no sshd would take. */
function whyRefused({ publicKey }: Offer, user: string): string {
  const certificate = parseCertificate(publicKey);
  if (!certificate) return '';
  const { validBefore, principals } = certificate;
  if (validBefore !== null && validBefore * 1000 < Date.now())
    return ` (it expired on ${new Date(validBefore * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC)`;
  return principals.length > 0 && !principals.includes(user) ? ` (it is for ${principals.join(', ')})` : '';
}
