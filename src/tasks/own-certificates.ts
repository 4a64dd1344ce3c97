import type { Fleet, Host, Relay } from '../hosts/fleet.ts';
import { providedCertificate } from '../resources/provided-certificate.ts';
import type { UnwantedFiles } from '../resources/unwanted-files.ts';
import type { VouchedCertificate } from '../resources/vouched-certificate.ts';
import type { Task } from '../run/task.ts';
import { INVENTORY } from './credentials.ts';
import { shownKey, vouchedNames, vouchedPki } from './shown-certificates.ts';
import { RESTART } from './smtpd-restart.ts';

/** The user's own certificates, from the files that the inventory names. */
export const ownCertificates: Task<Host, Fleet> = {
  name: 'own-certificates',
  summary: 'the relay presents the certificates from your own files',
  resources: host => {
    if (host.role !== 'relay' || host.certificates.kind !== 'files') return [];
    return vouchedNames(host).map(name =>
      providedCertificate(vouchedCertificate(host, name), world => ({
        cert: world.published(INVENTORY, providedKey(host.name, name, 'cert')),
        key: world.published(INVENTORY, providedKey(host.name, name, 'key')),
      })),
    );
  },
};

/** Copies of the user's certificate files and the restart program for cron, of which the unused ones are removed. */
export function ownFiles(relay: Relay): UnwantedFiles {
  const pairs = relay.certificates.kind === 'files' ? vouchedNames(relay).map(name => vouchedPki(relay, name)) : [];
  return {
    what: 'files of certificates',
    patterns: ['/etc/ssl/mailtun.*.crt', '/etc/ssl/private/mailtun.*.key', RESTART],
    wanted: [
      ...pairs.flatMap(({ cert, key }) => [cert, key]),
      ...(relay.certificates.kind === 'acme' ? [RESTART] : []),
    ],
  };
}

/** Under this key the World has the text of the user's file. */
export const providedKey = (relay: string, name: string, part: 'cert' | 'key'): string =>
  `${part} of ${name} on ${relay}`;

/** The gateway verifies the outbound name, so its certificate has to be one that systems trust. */
export const vouchedCertificate = (relay: Relay, name: string): VouchedCertificate => ({
  name,
  ...vouchedPki(relay, name),
  shownKey: shownKey(name),
  verified: name === relay.outbound.name,
});
