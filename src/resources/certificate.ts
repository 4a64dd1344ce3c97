import { type CertificateFacts, readCertificate } from '../facts/certificate-text.ts';
import { keyStateOf } from '../facts/key-state.ts';
import { command } from '../run/command.ts';
import { isLost, lost } from '../run/lost.ts';
import { change, type Observed, type Resource, reason } from '../run/resource.ts';
import { keeping, made } from './file.ts';

/** Where the private key for a name is kept: the path of the article. */
export const keyPath = (name: string): string => `/etc/ssl/private/${name}.key`;
/** Where the certificate of a name is kept. */
export const certificatePath = (name: string): string => `/etc/ssl/private/${name}.ssc`;

/** Under this key a host publishes the certificate of `name`, PEM. */
export const certificateKey = (name: string): string => `certificate of ${name}`;

/** Milliseconds; a new certificate may be dated so far ahead. */
export const DAY = 86_400_000;
/** A self-signed certificate is replaced when it has fewer days left. */
const RENEW_DAYS = 30;

// Key and certificate by one openssl(1), whose form and whose own configuration hold from LibreSSL 3.4 to 4.2, whatever
// openssl.cnf(5) says on the host. The parameters are those of secp384r1, by name. A subject has at most 64 characters
// (ub_common_name in a_strnid.c); the name that is verified is the alternative one.
const MAKE = `
umask 077
name=$1 key=$2 cert=$3 subject=$1
[ \${#name} -le 64 ] || subject=\${name%%.*}
for left in /etc/ssl/private/mailtun.??????????; do [ ! -d "$left" ] || rm -rf "$left"; done
stage "$cert" || exit
new=$cert.mailtun.unfinished new_key=
config=$cert.mailtun.parameters curve=$key.mailtun.parameters
trap 'rm -f "$config" "$curve"' EXIT
set -- -key "$key"
if [ ! -s "$key" ] || ! openssl pkey -in "$key" -noout 2>/dev/null; then
  stage "$key" && print -r -- '-----BEGIN EC PARAMETERS-----
BgUrgQQAIg==
-----END EC PARAMETERS-----' >"$curve" || exit
  new_key=$key.mailtun.unfinished
  set -- -newkey "ec:$curve" -nodes -keyout "$new_key"
fi
print -r -- "[req]
distinguished_name = name
x509_extensions = extensions
[name]
commonName = the name
[extensions]
subjectAltName = DNS:$name" >"$config" || exit
umask 022
print -n >"$new"
umask 077
openssl req -x509 -new -batch -sha256 -days 3650 -config "$config" -subj "/CN=$subject" "$@" -out "$new" &&
  text=$(<"$new") && [ "\${text##*-----END }" = CERTIFICATE----- ] && { is_wheels "$new" || chown root:wheel "$new"; } && exit
rm -f "$new" "$new_key"
exit 1
`;

// smtpd wants keys owned by uid 0 and closed to others (ssl.c).
const CLOSE = 'keep "$1" && chown root:wheel "$1" && chmod 600 "$1"';

/**
 * A P-384 key and a self-signed certificate for one name, valid for ten years: made on the host, or kept if they exist and match
 * each other and the name.
 */
export function selfSigned(name: string): Resource {
  const id = certificatePath(name);
  const key = keyStateOf(name, keyPath(name));
  return {
    id,
    questions: [{ kind: 'file', path: id, want: 'content' }, { kind: 'file', path: keyPath(name), want: 'stat' }, key],
    judge(observed, world) {
      const { publicKey, isLost: isKeyLost } = observed.get(key);
      const { mode, owner } = observed.file(keyPath(name));
      const why = certificateFault(name, certificateAt(observed, id), publicKey, world);
      if (why !== null) {
        const make = {
          label: `makes a certificate for ${name}`,
          ...made(command(MAKE, name, keyPath(name), id), keyPath(name), id),
        };
        const isGone = isKeyLost || isLost(observed.file(id).content);
        return change(id, isGone ? lost('a new one is made') : reason('certificate-unusable', why), [make]);
      }
      if (/^0[4567][04]0$/.test(mode) && owner === 'root') return null;
      const close = {
        label: `sets mode and owner of ${keyPath(name)}`,
        stage: keeping(keyPath(name)),
        command: command(CLOSE, keyPath(name)),
      };
      return change(id, reason('file-attributes-differ', `key has mode ${mode}, owner ${owner}`), [close], {
        rewrites: false,
      });
    },
    publish(observed) {
      const certificate = certificateAt(observed, id);
      const usable =
        certificate && certificateFault(name, certificate, observed.get(key).publicKey, { now: Date.now() }) === null;
      return usable ? { [certificateKey(name)]: certificate.pem } : {};
    },
  };
}

/**
 * What is wrong with a certificate, or null. `publicKey` is its key's public half, PEM, empty where there is none.
 * @param daysWanted days for which it has to be valid.
 */
export function certificateFault(
  name: string,
  certificate: CertificateFacts | null,
  publicKey: string,
  { now, daysWanted = RENEW_DAYS }: { readonly now: number; readonly daysWanted?: number },
): string | null {
  if (!certificate) return 'missing';
  if (publicKey === '') return 'its key is missing';
  if (certificate.publicKey !== publicKey.trim()) return 'certificate and key do not match';
  if (!certificate.names(name)) return `does not name ${name}`;
  const left = Math.floor((certificate.until - now) / DAY);
  if (left < daysWanted) return left < 0 ? 'has expired' : `expires in ${left} days`;
  return certificate.from > now + DAY ? `is not valid before ${new Date(certificate.from).toUTCString()}` : null;
}

/** The first certificate in a file; null where there is none. */
export const certificateAt = (observed: Observed, path: string): CertificateFacts | null =>
  readCertificate(observed.file(path).content?.toString('latin1') ?? '');
