/** Which keys to offer a host, in which order: those of the agent and those in files, as ssh(1) would choose them. */
import { readFile } from 'node:fs/promises';

/** A public key that the agent can sign with. */
export interface AgentKey {
  /** In SSH's own binary form. */
  readonly publicKey: Buffer;
  readonly comment: string;
}

/** What there is at a path of IdentityFile. */
export interface KeyFile {
  readonly path: string;
  /** In SSH's own binary form; null where neither the file nor its .pub tells. */
  readonly publicKey: Buffer | null;
  /** The file itself; null where it holds a public key only, for the agent to sign with. */
  readonly privateKey: Buffer | null;
  readonly encrypted: boolean;
}

/** One key to offer. */
export type Offer =
  | { readonly from: 'agent'; readonly name: string; readonly publicKey: Buffer }
  | {
      readonly from: 'file';
      /** The path. */
      readonly name: string;
      readonly publicKey: Buffer;
      readonly privateKey: Buffer;
      readonly encrypted: boolean;
    };

/**
 * At most so many keys are offered. sshd cuts off after MaxAuthTries (6), and since OpenBSD 7.6 locks out an address
 * that failed repeatedly (PerSourcePenalties); an agent full of other people's keys must not cause that.
 */
export const MOST_OFFERS = 3;

/**
 * Orders what there is: the inventory's own identity file, then configured keys that the agent holds, then other
 * configured files, then the agent's other keys (unless IdentitiesOnly), then ssh's default files.
 * @param files of `readKeyFile`, in ssh's order.
 * @param preferred path of the inventory's identity file, or null.
 */
export function chooseOffers(
  files: readonly KeyFile[],
  agent: readonly AgentKey[],
  { identitiesOnly, preferred }: { identitiesOnly: boolean; preferred: string | null },
): Offer[] {
  const held = (file: KeyFile): AgentKey | undefined =>
    agent.find(key => file.publicKey !== null && key.publicKey.equals(file.publicKey));
  const rank = (file: KeyFile): number => (file.path === preferred ? 0 : held(file) ? 1 : isDefault(file.path) ? 4 : 2);
  const configured = files.flatMap(file => {
    const key = held(file);
    const offer: Offer | null = key
      ? { from: 'agent', name: file.path, publicKey: key.publicKey }
      : file.publicKey && file.privateKey
        ? {
            from: 'file',
            name: file.path,
            publicKey: file.publicKey,
            privateKey: file.privateKey,
            encrypted: file.encrypted,
          }
        : null;
    return offer ? [{ rank: rank(file), offer }] : [];
  });
  const others = identitiesOnly
    ? []
    : agent.map(key => ({ rank: 3, offer: { from: 'agent', name: key.comment, publicKey: key.publicKey } as Offer }));
  const ordered = [...configured, ...others].sort((a, b) => a.rank - b.rank).map(({ offer }) => offer);
  return ordered.filter(
    (offer, index) => ordered.findIndex(earlier => earlier.publicKey.equals(offer.publicKey)) === index,
  );
}

const isDefault = (path: string): boolean => /\/\.ssh\/id_(rsa|ecdsa|ed25519|dsa|xmss|ecdsa_sk|ed25519_sk)$/.test(path);

/**
 * Reads one IdentityFile; null where there is none, or none that can be used (no permission, another format).
 * @param publicHalf the public half of an unencrypted private key in PEM, for files of the old form without a .pub.
 */
export async function readKeyFile(path: string, publicHalf: (pem: Buffer) => Buffer | null): Promise<KeyFile | null> {
  const [own, beside] = await Promise.all([read(path), read(`${path}.pub`)]);
  if (own === null) return beside === null ? null : publicOnly(path, publicLine(beside));
  if (!own.includes('-----BEGIN')) return publicOnly(path, publicLine(own));
  const inside = insideOpenSsh(own);
  if (inside) return { path, publicKey: inside.publicKey, privateKey: own, encrypted: inside.encrypted };
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

/** Cipher and public half stand in clear at the head of a private key of OpenSSH's form (its PROTOCOL.key). */
function insideOpenSsh(pem: Buffer): { publicKey: Buffer; encrypted: boolean } | null {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem.toString('latin1'))?.[1];
  const magic = 'openssh-key-v1\0';
  const body = Buffer.from(base64 ?? '', 'base64');
  if (!body.toString('latin1').startsWith(magic)) return null;
  let at = magic.length;
  const next = (): Buffer => {
    const length = body.readUInt32BE(at);
    const field = body.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  try {
    const encrypted = next().toString('latin1') !== 'none';
    next();
    next();
    at += 4;
    return { publicKey: next(), encrypted };
  } catch {
    return null;
  }
}
