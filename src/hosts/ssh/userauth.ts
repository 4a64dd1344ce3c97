/** Logging in with keys on the wire (RFC 4252, 7): which packet follows which. Knows no library. */
import type { KeyAuthentication } from './authentication.ts';
import type { Offer } from './identities.ts';
import { sshString } from './wire.ts';

/** What an authentication sends over. */
export interface AuthenticationWire {
  /** Sends one packet. @param method the answer is to be read as one to this. */
  send(payload: Buffer, method: 'none' | 'publickey'): void;
  /** Known once keys have been exchanged; what is signed begins with it. */
  sessionId(): Buffer;
  /** What sshd signs and verifies with (server-sig-algs of RFC 8308); null where it has not said so. */
  signatureAlgorithms(): readonly string[] | null;
  /** No key is left to try. */
  exhausted(): void;
}

/** An authentication by keys (RFC 4252). */
export interface UserAuthentication {
  /** Sends the first request. */
  begin(): void;
  /** The answer is no. */
  refused(methods: readonly string[], partial: boolean): void;
  /** sshd would take the key that was shown, once it is signed with. */
  welcome(): void;
}

const USERAUTH_REQUEST = Buffer.of(50);

/**
 * A key in a file without a passphrase signs at once, which saves the round trip of asking whether sshd would take it.
 * Any other is shown first: nobody is asked for a passphrase, a touch or a confirmation in vain.
 */
export function userAuthentication(
  user: string,
  keys: KeyAuthentication,
  wire: AuthenticationWire,
): UserAuthentication {
  let current: Offer | null = null;
  const next = (refusal: Parameters<KeyAuthentication['next']>[0]): void => {
    const offer = keys.next(refusal);
    current = typeof offer === 'object' ? offer : null;
    if (offer === false) wire.exhausted();
    else if (offer === 'none') wire.send(request(user, 'none'), 'none');
    else show(offer);
  };

  const show = (offer: Offer): void => {
    if (offer.from === 'file' && !offer.encrypted) sign(offer);
    else wire.send(keyRequest(user, offer, false), 'publickey');
  };

  const sign = (offer: Offer): void => {
    const payload = keyRequest(user, offer, true);
    keys.sign(offer, Buffer.concat([sshString(wire.sessionId()), payload])).then(
      signature => wire.send(Buffer.concat([payload, sshString(signature)]), 'publickey'),
      () => next(null),
    );
  };

  return {
    begin: () => next(null),
    refused(methods, partial) {
      const again = partial ? null : otherwise(current, wire.signatureAlgorithms());
      if (!again) return next({ methods, partial });
      current = again;
      show(again);
    },
    welcome: () => current && sign(current),
  };
}

const request = (user: string, method: string, ...rest: readonly Buffer[]): Buffer =>
  Buffer.concat([USERAUTH_REQUEST, ...[user, 'ssh-connection', method].map(sshString), ...rest]);

const keyRequest = (user: string, { algorithm, publicKey }: Offer, isSigned: boolean): Buffer =>
  request(user, 'publickey', Buffer.of(isSigned ? 1 : 0), sshString(algorithm), sshString(publicKey));

/** The same key with an algorithm that sshd accepts, where the first was none of those; null: nothing else to try. */
function otherwise(offer: Offer | null, accepted: readonly string[] | null): Offer | null {
  const isAccepted = (algorithm: string): boolean =>
    accepted?.includes(algorithm.replace('-cert-v01@openssh.com', '')) === true;
  if (!offer || isAccepted(offer.algorithm)) return null;
  const algorithm = offer.otherAlgorithms.find(isAccepted);
  return algorithm === undefined ? null : { ...offer, algorithm, otherAlgorithms: [] };
}
