/**
 * Which certificate a relay's smtpd presents for a public name: that of a certificate authority once it exists and is valid, the
 * self-signed one until then. The relay publishes which one, and the gateway trusts accordingly. Pure.
 */

import type { Relay } from '../hosts/fleet.ts';
import { certificatePath, keyPath } from '../resources/certificate.ts';
import type { World } from '../run/resource.ts';

/** Where a certificate and its key are. */
export interface Pki {
  readonly cert: string;
  readonly key: string;
}

/** The files of a self-signed certificate. */
export const selfSignedPki = (name: string): Pki => ({ cert: certificatePath(name), key: keyPath(name) });

/** The names a relay shows to the internet, each once. */
export const publicNames = (relay: Relay): readonly string[] => [
  ...new Set([relay.outbound.name, ...relay.mx.map(mx => mx.name)]),
];

/** Those of them that the inventory wants vouched for: by ACME, or by the user's own files. */
export function vouchedNames(relay: Relay): readonly string[] {
  const { certificates } = relay;
  if (certificates.kind === 'self_signed') return [];
  return publicNames(relay).filter(name => certificates.kind === 'acme' || Object.hasOwn(certificates.files, name));
}

/** Where the vouched certificate is kept. acme-client keeps the key it finds (acme-client(1)); a key of the user's is apart. */
export const vouchedPki = (relay: Relay, name: string): Pki =>
  relay.certificates.kind === 'files'
    ? { cert: `/etc/ssl/mailtun.${name}.crt`, key: `/etc/ssl/private/mailtun.${name}.key` }
    : { cert: `/etc/ssl/${name}.crt`, key: keyPath(name) };

/** Under this key a relay publishes `vouched` or `self-signed`. */
export const shownKey = (name: string): string => `${SHOWN}${name}`;
const SHOWN = 'certificate shown for ';

/** Whether a published part says which certificate a relay shows. */
export const isShownKey = (key: string): boolean => key.startsWith(SHOWN);

/** Whether a relay shows the vouched certificate for one of its names. */
export type Shown = (relay: Relay, name: string) => boolean;

/** No relay shows a vouched certificate. */
export const nothingShown: Shown = () => false;

/** @returns a Shown that throws NotPublished while the relay has not said; one that can't is taken to show its own. */
export const shownIn =
  (world: World): Shown =>
  (relay, name) =>
    vouchedNames(relay).includes(name) &&
    !world.lacks(relay.name, shownKey(name)) &&
    world.published(relay.name, shownKey(name)) === 'vouched';
