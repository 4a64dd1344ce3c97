import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { pemCertificates } from '../facts/certificate-text.ts';
import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import { codeOf } from '../hosts/system-error.ts';
import type { ProvidedPair } from '../resources/provided-certificate.ts';
import { Failure } from '../run/failure.ts';
import { providedKey } from '../tasks/own-certificates.ts';
import { vouchedNames } from '../tasks/shown-certificates.ts';
import { localText } from './local-text.ts';

/**
 * The user's certificates and keys in the files that the inventory names, by the keys of own-certificates.ts.
 * @throws Failure for a pair that smtpd could not use, before any host is contacted.
 */
export async function readCertificateFiles(fleet: Fleet, now = new Date()): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = {};
  for (const relay of relaysOf(fleet)) {
    if (relay.certificates.kind !== 'files') continue;
    for (const name of vouchedNames(relay)) {
      const paths = relay.certificates.files[name];
      if (!paths) continue;
      const pair = { cert: await textOf(paths.cert), key: await textOf(paths.key) };
      checkPair(name, paths, pair, now);
      texts[providedKey(relay.name, name, 'cert')] = pair.cert;
      texts[providedKey(relay.name, name, 'key')] = pair.key;
    }
  }
  return texts;
}

/** The text of a file, with LF line ends and one at its end. */
const textOf = async (path: string): Promise<string> =>
  `${(await localText(path)).replaceAll('\r\n', '\n').trimEnd()}\n`;

function checkPair(name: string, paths: ProvidedPair, texts: ProvidedPair, now: Date): void {
  const [leaf, ...chain] = certificatesIn(paths.cert, texts.cert);
  const own = privateKey(paths.key, texts.key);
  const refuse = (what: string, remedy: string) => new Failure('file-invalid', what, paths.cert, remedy);
  if (!leaf) throw refuse('holds no certificate', 'name a PEM file: the certificate first, then its chain');
  if (!leaf.checkPrivateKey(own))
    throw refuse(
      chain.some(other => other.checkPrivateKey(own))
        ? `the certificate of ${paths.key} is not the first one`
        : `does not belong to ${paths.key}`,
      'put the certificate of the key first and its chain after it',
    );
  if (!leaf.checkHost(name, { subject: 'never' }))
    throw refuse(
      `does not name ${name}, but ${leaf.subjectAltName ?? 'nothing'}`,
      `get a certificate with DNS:${name}`,
    );
  if (new Date(leaf.validTo) <= now) throw refuse(`has expired on ${leaf.validTo}`, 'renew it');
  if (new Date(leaf.validFrom) > now) throw refuse(`is not valid before ${leaf.validFrom}`, 'wait, or check the clock');
  const [issuer] = chain;
  if (issuer && !leaf.checkIssued(issuer))
    throw refuse('its second certificate is not the issuer of the first', 'put the chain in order');
}

function certificatesIn(path: string, text: string): readonly X509Certificate[] {
  try {
    return pemCertificates(text).map(one => new X509Certificate(one));
  } catch {
    throw new Failure('file-invalid', 'holds a certificate that is damaged', path, 'get it again from its issuer');
  }
}

/** smtpd(8) supports RSA and elliptic curve keys. */
function privateKey(path: string, text: string): KeyObject {
  const open = (): KeyObject => {
    try {
      return createPrivateKey(text);
    } catch (error) {
      const locked = /ENCRYPTED/.test(text) || codeOf(error) === 'ERR_MISSING_PASSPHRASE';
      throw locked
        ? new Failure(
            'file-invalid',
            'has a passphrase, which smtpd cannot ask for',
            path,
            `openssl pkey -in ${path} -out NEW removes it`,
          )
        : new Failure('file-invalid', 'holds no private key', path, 'name the PEM file of the key');
    }
  };
  const key = open();
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec') return key;
  throw new Failure(
    'file-invalid',
    `is a key of type ${key.asymmetricKeyType ?? 'unknown'}`,
    path,
    'use RSA or an elliptic curve',
  );
}
