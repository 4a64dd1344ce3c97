/** Private keys in files: reads those in the formats of OpenSSL, and signs a login with any. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { plainAlgorithm, publicHalfOf } from './public-keys.ts';
import { mpint, sshString } from './wire.ts';

/**
 * Reads a key in the formats of `ssh-keygen -m PEM` and `-m PKCS8`.
 * @returns null where the passphrase is wrong or missing.
 * @throws Error for a file that is not a key.
 */
export function openPem(pem: Buffer, passphrase: string | null): KeyObject | null {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) });
  } catch (error) {
    // The error of OpenSSL for a wrong passphrase depends on the bytes that it decrypts to.
    if (pem.includes('ENCRYPTED')) return null;
    throw error;
  }
}

/** The public key of an unencrypted key in these formats; null where there is none. */
export function publicHalf(pem: Buffer): Buffer | null {
  try {
    return publicHalfOf(createPublicKey({ key: pem, format: 'pem' }));
  } catch {
    return null;
  }
}

const EC_HASHES: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/**
 * A signature preceded by its type, as a login request contains it (RFC 4253, 6.6; RFC 5656, 3.1.2).
 * @param algorithm of the login, which determines the hash for an RSA key.
 * @throws Error for a type of key that SSH does not have.
 */
export function signatureOf(key: KeyObject, text: Buffer, algorithm: string): Buffer {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, text, key))]);
    case 'rsa': {
      const type = plainAlgorithm(algorithm);
      return Buffer.concat([sshString(type), sshString(sign(type.replace('rsa-sha2-', 'sha'), text, key))]);
    }
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
      const both = sign(EC_HASHES[curve] ?? '', text, { key, dsaEncoding: 'ieee-p1363' });
      const half = both.length / 2;
      const numbers = Buffer.concat([mpint(both.subarray(0, half)), mpint(both.subarray(half))]);
      return Buffer.concat([sshString(plainAlgorithm(algorithm)), sshString(numbers)]);
    }
    default:
      throw new Error(`ssh does not support keys of the type ${key.asymmetricKeyType}`);
  }
}
