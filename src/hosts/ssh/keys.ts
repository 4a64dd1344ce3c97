/** The keys for a login: those that the inventory and ssh_config(5) name, and those of the agent. */
import { Failure } from '../../run/failure.ts';
import { agentKeys } from './agent.ts';
import type { SshConfig } from './configuration.ts';
import { chooseOffers, type Keys, unusableFiles } from './identities.ts';
import { type KeyFile, readCertificate, readKeyFile } from './key-files.ts';
import { here } from './ssh-config.ts';

/** All keys for a login. As in ssh, certificates next to keys are used only if CertificateFile names none. */
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

/** The key file that the inventory names. @throws Failure where it is unusable; ssh would silently skip it. */
export async function ownKey(where: string, identityFile: string | null): Promise<KeyFile | null> {
  if (identityFile === null) return null;
  const path = identityFile.replace(/^~(?=\/)/, here().home);
  const file = await readKeyFile(path);
  if (file?.publicKey) return file;
  throw new Failure(
    'ssh-key-unusable',
    file
      ? `the public key of "${path}" cannot be found`
      : `identity_file "${path}" does not exist, is not readable or is not a key`,
    where,
    file ? `ssh-keygen -y -f ${path} > ${path}.pub` : 'correct ssh: identity_file',
  );
}
