/** Key files as ssh-keygen(1) writes them, and what can be read in them without a passphrase. */
import { readFile } from 'node:fs/promises';
import { publicHalf } from './private-keys.ts';
import { isCertificate } from './public-keys.ts';
import { readWire } from './wire.ts';

/** A file that IdentityFile names. */
export interface KeyFile {
  readonly path: string;
  /** In SSH's own binary form; null where neither the file nor its .pub contains it. */
  readonly publicKey: Buffer | null;
  /** The content of the file; null where it is only a public key, with which the agent signs. */
  readonly privateKey: Buffer | null;
  readonly encrypted: boolean;
}

/** Reads an IdentityFile; null where there is none, or none that can be used (no permission, another format). */
export async function readKeyFile(path: string): Promise<KeyFile | null> {
  const [own, beside] = await Promise.all([read(path), read(`${path}.pub`)]);
  if (own === null) return beside === null ? null : publicOnly(path, publicLine(beside));
  if (!own.includes('-----BEGIN')) return publicOnly(path, publicLine(own));
  const inside = insideOpenSsh(own);
  if (inside) return { path, publicKey: inside.publicKey, privateKey: own, encrypted: inside.cipher !== 'none' };
  const encrypted = own.includes('ENCRYPTED');
  const publicKey = (beside && publicLine(beside)) ?? (encrypted ? null : publicHalf(own));
  return { path, publicKey, privateKey: own, encrypted };
}

const read = (path: string): Promise<Buffer | null> => readFile(path).catch(() => null);

const publicOnly = (path: string, publicKey: Buffer | null): KeyFile | null =>
  publicKey && { path, publicKey, privateKey: null, encrypted: false };

/** `type base64 comment`. */
function publicLine(text: Buffer): Buffer | null {
  const base64 = /^\S+ ([A-Za-z0-9+/=]+)/.exec(text.toString('latin1'))?.[1];
  return base64 ? Buffer.from(base64, 'base64') : null;
}

/** The cipher and the public key are not encrypted in a private key of OpenSSH's own format (PROTOCOL.key). */
function insideOpenSsh(pem: Buffer): { publicKey: Buffer; cipher: string } | null {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem.toString('latin1'))?.[1];
  const magic = 'openssh-key-v1\0';
  const body = Buffer.from(base64 ?? '', 'base64');
  if (!body.toString('latin1').startsWith(magic)) return null;
  return readWire(body.subarray(magic.length), reader => {
    const cipher = reader.string().toString('latin1');
    reader.string();
    reader.string();
    reader.uint32();
    return { publicKey: reader.string(), cipher };
  });
}

/** The cipher of a private key of OpenSSH's own format: `none`, `aes256-ctr`; empty where it is damaged. */
export const cipherOf = (pem: Buffer): string => insideOpenSsh(pem)?.cipher ?? '';

/** The certificate in a file, `id_ed25519-cert.pub`; null where there is none. */
export async function readCertificate(path: string): Promise<{ path: string; publicKey: Buffer } | null> {
  const text = await read(path);
  const publicKey = text && publicLine(text);
  return publicKey && isCertificate(publicKey) ? { path, publicKey } : null;
}
