/** The public half of a TLS key, as it leaves the host. */

/**
 * `tls_public_half FILE` prints it: PEM, or for a key as mailtun makes them, without a program, `point BASE64`. A P-384
 * key in PKCS#8 (RFC 5208, RFC 5915) is 185 bytes long: what its head says puts the private number into bytes 35 to 82,
 * and the last 98, from the 117th character of the base64 on, are the public point behind an octet of zeroes.
 */
export const TLS_PUBLIC_HALF = `
_point() {
  set -f
  set -- $(<"$1")
  set +f
  [ $# -eq 10 ] && [ "$1 $2 $3 \${#4} \${#5} \${#6} \${#7}" = '-----BEGIN PRIVATE KEY----- 64 64 64 56' ] || return
  case $4 in MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBD*) ;; *) return 1;; esac
  case \${5%????????????} in *ZANi) ;; *) return 1;; esac
  print -r -- "point \${5#"\${5%????????????}"}$6$7"
}
tls_public_half() { _point "$1" 2>/dev/null || openssl pkey -in "$1" -pubout 2>/dev/null; }
`;

/** The bytes before the point in a SubjectPublicKeyInfo of P-384 (RFC 5480). */
const HEAD = Buffer.from('3076301006072a8648ce3d020106052b810400220362', 'hex');

/** Whether a host printed `lost` instead of a key: the file holds only NUL bytes, as after a power cut. */
export const isLostKey = (text: string): boolean => /^lost$/m.test(text);

/** What `tls_public_half` printed, as PEM without a newline at its end; empty where it is not a key. */
export function tlsPublicHalf(text: string): string {
  if (isLostKey(text)) return '';
  const [, base64] = /^point ([A-Za-z0-9+/=]+)$/m.exec(text) ?? [];
  if (base64 === undefined) return text.trim();
  const point = Buffer.from(base64, 'base64');
  if (point.length !== 98) return '';
  const lines =
    Buffer.concat([HEAD, point])
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----'].join('\n');
}
