/** The packets of a login with keys (RFC 4252, 7), in their order. Independent of the SSH library. */
import type { KeyAuthentication } from './authentication.ts';
import type { Offer } from './identities.ts';
import { plainAlgorithm } from './public-keys.ts';
import { sshString } from './wire.ts';

/** The connection of an authentication. */
export interface AuthenticationWire {
  /** Sends a packet. @param method the one that the answer is about. */
  send(payload: Buffer, method: 'none' | 'publickey'): void;
  /** Known once keys have been exchanged; the signed data begin with it. */
  sessionId(): Buffer;
  /** The algorithms that sshd supports (server-sig-algs of RFC 8308); null where it has not named them. */
  signatureAlgorithms(): readonly string[] | null;
  /** Called when no key is left to try. */
  exhausted(): void;
}

/** An authentication by keys (RFC 4252). */
export interface UserAuthentication {
  /** Sends the first request. */
  begin(): void;
  /** Called when sshd refuses. */
  refused(methods: readonly string[], partial: boolean): void;
  /** Called when sshd would accept a signature with the key that was offered. */
  welcome(): void;
}

const USERAUTH_REQUEST = Buffer.of(50);

/**
 * Offers the keys one after the other. A key in a file without a passphrase signs at once, which saves the round trip of
 * asking whether sshd accepts it. Any other key is offered first, so that nobody is asked for a passphrase, a touch or a
 * confirmation in vain.
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

/** The same key with another algorithm that sshd accepts, where the first is not accepted; null: nothing else to try. */
function otherwise(offer: Offer | null, accepted: readonly string[] | null): Offer | null {
  const isAccepted = (algorithm: string): boolean => accepted?.includes(plainAlgorithm(algorithm)) === true;
  if (!offer || isAccepted(offer.algorithm)) return null;
  const algorithm = offer.otherAlgorithms.find(isAccepted);
  return algorithm === undefined ? null : { ...offer, algorithm, otherAlgorithms: [] };
}
