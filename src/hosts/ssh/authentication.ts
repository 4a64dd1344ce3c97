/** Which key is tried next in one login, and what to say when none was taken. Knows no wire. */
import { Failure } from '../../engine/failure.ts';
import { MOST_OFFERS, type Offer } from './identities.ts';
import { type Attempt, type Destination, refusedLogin } from './login-faults.ts';

/** Signs for one offered key. `hash` is `sha256` or the like; undefined where the key's type decides. */
export type Sign = (offer: Offer, text: Buffer, hash: string | undefined) => Promise<Buffer>;

export interface KeyAuthentication {
  /**
   * The next key to offer; `none` asks sshd what it takes; false: there is nothing left to try.
   * @param methods what sshd still takes, null before it has said so.
   */
  next(methods: readonly string[] | null): Offer | 'none' | false;
  /** As the `sign` that was given; a key that cannot sign is remembered for the message. */
  readonly sign: Sign;
  /** Why there was no login. */
  failure(): Failure;
}

/** Offers one key after the other, at most MOST_OFFERS; only then sshd is asked what it takes at all, for the message. */
export function keyAuthentication(destination: Destination, offers: readonly Offer[], sign: Sign): KeyAuthentication {
  const left = offers.slice(0, MOST_OFFERS);
  const kept = offers.slice(MOST_OFFERS).map(nameOf);
  const attempts: Attempt[] = [];
  let methods: readonly string[] | null = null;
  let unsigned: Failure | null = null;
  return {
    next(taken) {
      methods = taken;
      const offer = left.shift();
      if (!offer) return methods === null ? 'none' : false;
      attempts.push({ key: nameOf(offer), outcome: 'refused' });
      return offer;
    },
    async sign(offer, text, hash) {
      try {
        return await sign(offer, text, hash);
      } catch (error) {
        // ssh2 goes on to the next key; should that be refused too, this is the reason to tell.
        if (error instanceof Failure) unsigned = error;
        const attempt = attempts.find(({ key }) => key === nameOf(offer));
        if (attempt) attempts[attempts.indexOf(attempt)] = { ...attempt, outcome: 'accepted, but it does not sign' };
        throw error;
      }
    },
    failure: () => unsigned ?? refusedLogin(destination, attempts, methods, kept),
  };
}

const nameOf = (offer: Offer): string =>
  offer.from === 'agent' ? `${offer.name || 'a key'} of the agent` : offer.name;
