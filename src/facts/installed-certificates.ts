/** Certificates on a host, and whether their keys belong to them. */

import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { type CertificateFacts, readCertificate } from './certificate-text.ts';
import { TLS_PUBLIC_HALF, tlsPublicHalf } from './tls-key.ts';

/** A certificate that smtpd.conf(5) names, and whether its key belongs to it. */
export interface InstalledCertificate {
  readonly name: string;
  readonly path: string;
  /** Null where the file holds none. */
  readonly facts: CertificateFacts | null;
  /** Whether its key belongs to it; null where that could not be seen. */
  readonly keyFits: boolean | null;
}

/** `cert NAME PATH` and its PEM, `key NAME PATH` and its public half. */
export function parseCertificates(text: string): readonly InstalledCertificate[] {
  const parts = text.split(/^(?=(?:cert|key) \S+ \/)/m).map(part => ({
    head: /^(cert|key) (\S+) (\/.*)$/m.exec(part),
    text: part.slice(part.indexOf('\n') + 1),
  }));
  const keyOf = (name: string): string | null =>
    /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/.exec(
      tlsPublicHalf(parts.find(({ head }) => head?.[1] === 'key' && head[2] === name)?.text ?? ''),
    )?.[0] ?? null;
  return parts.flatMap(({ head, text: body }) => {
    if (head?.[1] !== 'cert') return [];
    const [, , name = '', path = ''] = head;
    const [facts, key] = [readCertificate(body), keyOf(name)];
    return [{ name, path, facts, keyFits: facts && key !== null ? facts.publicKey === key : null }];
  });
}

const READ = `${TLS_PUBLIC_HALF}
[ ! -f /etc/mail/smtpd.conf ] || while read -r word name kind path || [ -n "$word" ]; do
  case $word:$kind:$path in pki:cert:\\"?*\\"*|pki:key:\\"?*\\"*) ;; *) continue;; esac
  path=\${path#?} path=\${path%%\\"*}
  print -r -- "$kind $name $path"
  case $kind in
    cert) print -r -- "$(<"$path")";;
    key) tls_public_half "$path";;
  esac 2>/dev/null
done </etc/mail/smtpd.conf
return 0
`;

/** The certificates that smtpd.conf(5) names. */
export const CERTIFICATES = fact('the certificates in use', builtins(READ), parseCertificates);
