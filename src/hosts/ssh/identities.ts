/** Which keys to offer a host and in which order: those of the agent and in files, as ssh(1) would choose them. */
import type { AgentKey } from './agent.ts';
import type { KeyFile } from './key-files.ts';
import { algorithmsOf, keyType, parseCertificate, plainKey } from './public-keys.ts';

/** One key, or certificate, to offer. */
export type Offer = {
  /** The path, or the agent's comment. */
  readonly name: string;
  /** What sshd is offered: the key or the certificate, in SSH's own binary form. */
  readonly publicKey: Buffer;
  /** `rsa-sha2-512`, `ssh-ed25519-cert-v01@openssh.com`. */
  readonly algorithm: string;
  /** Others that the key supports, for an sshd that does not accept the first. */
  readonly otherAlgorithms: readonly string[];
} & (
  | {
      readonly from: 'agent';
      /** The key with which the agent signs: the plain one if the certificate is only in a file. */
      readonly signer: Buffer;
    }
  | {
      readonly from: 'file';
      /** Of the private key. */
      readonly path: string;
      readonly privateKey: Buffer;
      readonly encrypted: boolean;
    }
);

/** All keys for one host. */
export interface Keys {
  /** Best first. */
  readonly offers: readonly Offer[];
  /** Configured keys that cannot be offered, each with the reason. */
  readonly unusable: readonly string[];
}

/**
 * At most so many keys are offered, since sshd disconnects after MaxAuthTries (6). Since OpenBSD 7.6 it also refuses an
 * address whose logins have failed repeatedly (PerSourcePenalties); a single failed login does not cause that.
 */
export const MOST_OFFERS = 6;

/** The settings of ssh_config(5) and the inventory that select keys. */
interface Choice {
  readonly identitiesOnly: boolean;
  /** Path of the inventory's identity file, or null. */
  readonly preferred: string | null;
  /** Certificates in files: those of CertificateFile, or those next to a key. */
  readonly certificates?: readonly { readonly path: string; readonly publicKey: Buffer }[];
  /** PubkeyAcceptedAlgorithms; empty: any. */
  readonly algorithms?: readonly string[];
}

/** Types of keys in files with which mailtun can sign itself; all others need the agent or ssh(1). */
const OWN = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/**
 * The order is: the identity file of the inventory, configured keys that the agent has, other configured files, other
 * keys of the agent (unless IdentitiesOnly is set), and ssh's default files. A certificate precedes its key.
 * @param files of `readKeyFile`, in ssh's order.
 */
export function chooseOffers(files: readonly KeyFile[], agent: readonly AgentKey[], choice: Choice): Offer[] {
  const { identitiesOnly, preferred, certificates = [], algorithms = [] } = choice;
  const holds = (key: Buffer): boolean => agent.some(({ publicKey }) => publicKey.equals(key));
  const rank = ({ path, publicKey }: KeyFile): number =>
    path === preferred ? 0 : publicKey && holds(publicKey) ? 1 : isDefault(path) ? 4 : 2;

  const offer = (name: string, publicKey: Buffer): Offer[] => {
    const signing = signerOf(publicKey, files, holds) ?? signerOf(plainKey(publicKey), files, holds);
    const able = algorithmsOf(publicKey).filter(one => algorithms.length === 0 || algorithms.includes(one));
    const [algorithm, ...otherAlgorithms] = able;
    return signing && algorithm ? [{ name, publicKey, algorithm, otherAlgorithms, ...signing }] : [];
  };
  const certified = [...certificates, ...agent.map(({ publicKey, comment }) => ({ path: comment, publicKey }))].flatMap(
    ({ path, publicKey }) => {
      const plain = parseCertificate(publicKey)?.publicKey;
      return plain ? [{ path, publicKey, plain }] : [];
    },
  );

  const configured = files.flatMap(file => {
    const { path, publicKey } = file;
    if (!publicKey) return [];
    const its = certified.filter(({ plain }) => plain.equals(publicKey));
    const offers = [...its.flatMap(one => offer(one.path, one.publicKey)), ...offer(path, publicKey)];
    return offers.map(one => ({ rank: rank(file), offer: one }));
  });
  // Certificates that the configuration names, for keys that only the agent has.
  const alone = certificates
    .flatMap(({ path, publicKey }) => offer(path, publicKey))
    .map(one => ({ rank: 1, offer: one }));
  const others = identitiesOnly
    ? []
    : agent.flatMap(key => offer(key.comment, key.publicKey)).map(one => ({ rank: 3, offer: one }));
  const ordered = [...configured, ...alone, ...others].sort((a, b) => a.rank - b.rank).map(one => one.offer);
  return ordered.filter(
    (one, index) => ordered.findIndex(earlier => earlier.publicKey.equals(one.publicKey)) === index,
  );
}

/** What can sign with a key: the agent, or else a file. */
function signerOf(key: Buffer, files: readonly KeyFile[], isInAgent: (key: Buffer) => boolean): Signer | null {
  if (isInAgent(key)) return { from: 'agent', signer: key };
  const file = files.find(one => one.privateKey && one.publicKey?.equals(key) && OWN.test(keyType(key)));
  return file?.privateKey
    ? { from: 'file', path: file.path, privateKey: file.privateKey, encrypted: file.encrypted }
    : null;
}

type Signer =
  | Pick<Offer & { from: 'agent' }, 'from' | 'signer'>
  | Pick<Offer & { from: 'file' }, 'from' | 'path' | 'privateKey' | 'encrypted'>;

/** The default IdentityFile of ssh(1), from OpenSSH 7.0 to 10.5. */
const isDefault = (path: string): boolean =>
  /\/\.ssh\/id_(rsa|ecdsa|ed25519|dsa|xmss|ecdsa_sk|ed25519_sk|mldsa44_ed25519)$/.test(path);

/**
 * Configured identity files that are not offered, each with the reason, for the message when no key is accepted. Default
 * files that do not exist are left out.
 * @param files of `readKeyFile`, in the order of the paths.
 */
export const unusableFiles = (
  paths: readonly string[],
  files: readonly (KeyFile | null)[],
  offers: readonly Offer[],
): string[] =>
  paths.flatMap((path, index) => {
    const file = files[index];
    if (!file) return isDefault(path) ? [] : [`${path} (does not exist, or is not a key)`];
    const { publicKey } = file;
    if (publicKey && offers.some(offer => plainKey(offer.publicKey).equals(publicKey))) return [];
    return [`${path} (${whyUnusable(file)})`];
  });

function whyUnusable({ publicKey, privateKey }: KeyFile): string {
  if (publicKey === null) return 'its public key cannot be found';
  if (privateKey === null) return 'a public key only, and the agent does not have it';
  if (!OWN.test(keyType(publicKey))) return 'only an agent can sign with it';
  return 'PubkeyAcceptedAlgorithms excludes it';
}
