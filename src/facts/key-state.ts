import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { isLostKey, TLS_PUBLIC_HALF, tlsPublicHalf } from './tls-key.ts';

const STATE = `${TLS_PUBLIC_HALF}
[ -s "$1" ] || return 0
is_lost "$1" && echo lost || tls_public_half "$1"
`;

/** What is known of a private key outside of its host. */
export interface KeyState {
  /** PEM; empty where there is no key. */
  readonly publicKey: string;
  /** Its file holds only NUL bytes, as after a power cut. */
  readonly isLost: boolean;
}

/** The key at `path`, of the certificate for `name`. */
export const keyStateOf = (name: string, path: string): Fact<KeyState> =>
  fact(`the key of ${name}`, builtins(STATE, path), text => ({
    publicKey: tlsPublicHalf(text),
    isLost: isLostKey(text),
  }));
