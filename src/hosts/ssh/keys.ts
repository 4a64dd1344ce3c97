/** The keys to log in to one host with: what the inventory and ssh_config(5) name, and what the agent holds. */
import { Failure } from '../../run/failure.ts';
import { agentKeys } from './agent.ts';
import type { SshConfig } from './configuration.ts';
import { chooseOffers, type Keys, unusableFiles } from './identities.ts';
import { type KeyFile, readCertificate, readKeyFile } from './key-files.ts';
import { here } from './ssh-config.ts';

/** Everything there is to log in with. As ssh does, certificates beside keys are looked for unless some are named. */
export async function keysFor(config: SshConfig, preferred: KeyFile | null): Promise<Keys> {
  const { identityFiles, certificateFiles, identitiesOnly, agentSocket, publicKeyAlgorithms } = config;
  const beside = [...(preferred ? [preferred.path] : []), ...identityFiles].map(path => `${path}-cert.pub`);
  const [agent, files, certificates] = await Promise.all([
    agentKeys(agentSocket),
    Promise.all(identityFiles.map(readKeyFile)),
    Promise.all((certificateFiles.length > 0 ? certificateFiles : beside).map(readCertificate)),
  ]);
  const keys = [preferred, ...files].filter(file => file !== null);
  const offers = chooseOffers(keys, agent, {
    identitiesOnly,
    preferred: preferred?.path ?? null,
    certificates: certificates.filter(one => one !== null),
    algorithms: publicKeyAlgorithms,
  });
  const module = config.pkcs11Provider;
  const unusable = [
    ...unusableFiles(identityFiles, files, offers),
    ...(module === null ? [] : [`keys of PKCS11Provider (ssh-add -s ${module})`]),
  ];
  return { offers, unusable };
}

/** The key file that the inventory names; ssh itself would pass over one that is not there. @throws Failure */
export async function ownKey(where: string, identityFile: string | null): Promise<KeyFile | null> {
  if (identityFile === null) return null;
  const path = identityFile.replace(/^~(?=\/)/, here().home);
  const file = await readKeyFile(path);
  if (file?.publicKey) return file;
  throw new Failure(
    file
      ? `the public key of "${path}" cannot be found`
      : `identity_file "${path}" does not exist, is not readable or is not a key`,
    where,
    file ? `ssh-keygen -y -f ${path} > ${path}.pub` : 'correct ssh: identity_file',
  );
}
