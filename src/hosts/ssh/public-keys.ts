/** Public keys and certificates in SSH's own binary form (RFC 4253, 6.6; PROTOCOL.certkeys of OpenSSH). Pure. */
import type { KeyObject } from 'node:crypto';
import { mpint, readWire, sshString, wireReader } from './wire.ts';

/** The type at the beginning of a key, `ssh-ed25519`; empty where there is none. A host's may be anything. */
export const keyType = (key: Buffer): string =>
  readWire(key, reader => reader.string().toString('latin1', 0, 64)) ?? '';

const CERTIFICATE = '-cert-v01@openssh.com';

/** Whether a public key is a certificate. */
export const isCertificate = (key: Buffer): boolean => keyType(key).endsWith(CERTIFICATE);

/** How many values follow the type in a key of each type. */
const VALUES: readonly (readonly [RegExp, number])[] = [
  [/^ssh-ed25519$/, 1],
  [/^ssh-rsa$/, 2],
  [/^ecdsa-sha2-nistp\d+$/, 2],
  [/^sk-ssh-ed25519@openssh\.com$/, 2],
  [/^sk-ecdsa-sha2-nistp256@openssh\.com$/, 3],
];

/** The algorithm of a signature without the certificate's suffix. */
export const plainAlgorithm = (algorithm: string): string => algorithm.replace(CERTIFICATE, '');

/** `sk-ssh-ed25519-cert-v01@openssh.com` is a certificate for `sk-ssh-ed25519@openssh.com`. */
const certifiedType = (type: string): string =>
  type.startsWith('sk-') ? type.replace(CERTIFICATE, '@openssh.com') : type.replace(CERTIFICATE, '');

/** A user certificate. */
interface Certificate {
  /** The certified key, in SSH's own binary form. */
  readonly publicKey: Buffer;
  /** The logins it is valid for; empty: any. */
  readonly principals: readonly string[];
  /** Seconds since 1970; null: for ever. */
  readonly validBefore: number | null;
}

/** Reads a user certificate; null for anything else. */
export const parseCertificate = (key: Buffer): Certificate | null =>
  readWire(key, reader => {
    const type = reader.string().toString('latin1');
    const plain = certifiedType(type);
    const count = VALUES.find(([pattern]) => pattern.test(plain))?.[1];
    if (!type.endsWith(CERTIFICATE) || count === undefined) return null;
    reader.string();
    const values = Array.from({ length: count }, () => sshString(reader.string()));
    reader.uint64();
    const isUser = reader.uint32() === 1;
    reader.string();
    const principals = strings(reader.string());
    reader.uint64();
    const before = reader.uint64();
    const publicKey = Buffer.concat([sshString(plain), ...values]);
    return isUser ? { publicKey, principals, validBefore: before >= 2n ** 53n ? null : Number(before) } : null;
  });

function strings(list: Buffer): string[] {
  const reader = wireReader(list);
  const names: string[] = [];
  while (reader.at < list.length) names.push(reader.string().toString('utf8'));
  return names;
}

/** The key itself, or the certified key. */
export const plainKey = (key: Buffer): Buffer => parseCertificate(key)?.publicKey ?? key;

/**
 * Algorithms with which a key can log in, in order of preference. An RSA key has several (RFC 8332); SHA-1 is not
 * offered.
 */
export function algorithmsOf(key: Buffer): string[] {
  const type = keyType(key);
  if (certifiedType(type) !== 'ssh-rsa') return [type];
  return ['rsa-sha2-512', 'rsa-sha2-256'].map(name => (type === 'ssh-rsa' ? name : `${name}${CERTIFICATE}`));
}

const CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/** The public key of an RSA, ECDSA or Ed25519 key in SSH's own binary form; null for any other. */
export function publicHalfOf(key: KeyObject): Buffer | null {
  const { kty, crv = '', n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  if (kty === 'RSA') return Buffer.concat([sshString('ssh-rsa'), mpint(bytes(e)), mpint(bytes(n))]);
  if (kty === 'OKP' && crv === 'Ed25519') return Buffer.concat([sshString('ssh-ed25519'), sshString(bytes(x))]);
  const curve = CURVES[crv];
  if (kty !== 'EC' || curve === undefined) return null;
  const point = Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]);
  return Buffer.concat([sshString(`ecdsa-sha2-${curve}`), sshString(curve), sshString(point)]);
}
