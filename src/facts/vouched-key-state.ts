import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import type { KeyState } from './key-state.ts';
import { isLostKey, TLS_PUBLIC_HALF, tlsPublicHalf } from './tls-key.ts';

// openssl(1) verifies the first certificate of the file, with the help of the others.
const STATE = `${TLS_PUBLIC_HALF}
[ -s "$1" ] && [ -s "$2" ] || return 0
openssl verify -CAfile /etc/ssl/cert.pem -untrusted "$1" "$1" 2>/dev/null | grep -q ': OK$' && echo trusted
is_lost "$2" && echo lost || tls_public_half "$2"
`;

/** The key at `key` of the certificate at `cert`, and whether that is trusted by /etc/ssl/cert.pem of the host. */
export const vouchedKeyState = (cert: string, key: string): Fact<KeyState & { readonly trusted: boolean }> =>
  fact(`the key of ${cert}`, builtins(STATE, cert, key), text => {
    const lines = text.trim().split('\n');
    const trusted = lines[0] === 'trusted';
    return { trusted, publicKey: tlsPublicHalf(lines.slice(trusted ? 1 : 0).join('\n')), isLost: isLostKey(text) };
  });
