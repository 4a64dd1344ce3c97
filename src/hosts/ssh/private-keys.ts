/** Private keys in files: opening those of OpenSSL's forms, and signing a login with any. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { publicHalfOf } from './public-keys.ts';
import { mpint, sshString } from './wire.ts';

/**
 * Opens a key of the forms that `ssh-keygen -m PEM` and `-m PKCS8` write.
 * @returns null where the passphrase is wrong, or missing.
 * @throws Error for a file that is no key.
 */
export function openPem(pem: Buffer, passphrase: string | null): KeyObject | null {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) });
  } catch (error) {
    // What OpenSSL says of a wrong passphrase depends on the bytes that come out of it.
    if (pem.includes('ENCRYPTED')) return null;
    throw error;
  }
}

/** The public half of an unencrypted key of those forms; null where there is none to be had. */
export function publicHalf(pem: Buffer): Buffer | null {
  try {
    return publicHalfOf(createPublicKey({ key: pem, format: 'pem' }));
  } catch {
    return null;
  }
}

const EC_HASHES: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/**
 * A signature with its type at its head, as it goes into a login (RFC 4253, 6.6; RFC 5656, 3.1.2).
 * @param algorithm of the login: it says which hash an RSA key is to use.
 * @throws Error for a type of key that no login takes.
 */
export function signatureOf(key: KeyObject, text: Buffer, algorithm: string): Buffer {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, text, key))]);
    case 'rsa': {
      const type = algorithm.replace('-cert-v01@openssh.com', '');
      return Buffer.concat([sshString(type), sshString(sign(type.replace('rsa-sha2-', 'sha'), text, key))]);
    }
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
      const both = sign(EC_HASHES[curve] ?? '', text, { key, dsaEncoding: 'ieee-p1363' });
      const half = both.length / 2;
      const numbers = Buffer.concat([mpint(both.subarray(0, half)), mpint(both.subarray(half))]);
      return Buffer.concat([sshString(algorithm.replace('-cert-v01@openssh.com', '')), sshString(numbers)]);
    }
    default:
      throw new Error(`ssh does not support keys of the type ${key.asymmetricKeyType}`);
  }
}
