import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { TLS_PUBLIC_HALF, tlsPublicHalf } from './tls-key.ts';

// The second key is that of the self-signed certificate, which is presented until the first exists.
const PUBLIC_HALF = `${TLS_PUBLIC_HALF}
for key; do [ -s "$key" ] && tls_public_half "$key" && return; done
`;

/** The public half, in PEM, of the first of these keys that exists; `name` is the name that it is presented for. */
export const shownKey = (name: string, keys: readonly string[]): Fact<string> =>
  fact(`the public half of the key of ${name}`, builtins(PUBLIC_HALF, ...keys), tlsPublicHalf);
