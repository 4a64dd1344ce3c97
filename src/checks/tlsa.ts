/** TLSA records (RFC 6698, RFC 7672): the digest of the key that a relay's smtpd presents for each mx name. Pure. */
import { createHash, createPublicKey } from 'node:crypto';
import { shownKey } from '../facts/shown-key.ts';
import type { Host } from '../hosts/fleet.ts';
import { keyPath } from '../resources/certificate.ts';
import type { Observed, Question } from '../run/resource.ts';
import { vouchedNames, vouchedPki } from '../tasks/shown-certificates.ts';

const namesOf = (host: Host): readonly string[] =>
  host.role === 'relay' && host.tlsa ? [...new Set(host.mx.map(({ name }) => name))] : [];

/** The question for each mx name that should have a TLSA record. */
export const tlsaQuestions = (host: Host): readonly Question[] =>
  namesOf(host).map(name => shownKey(name, keysOf(host, name)));

/** acme-client(1) keeps the key that it finds, and so does a renewal of a self-signed certificate. */
const keysOf = (host: Host, name: string): readonly string[] =>
  host.role === 'relay' && vouchedNames(host).includes(name)
    ? [...new Set([vouchedPki(host, name).key, keyPath(name)])]
    : [keyPath(name)];

/** By mx name, lower-case hex; a key that could not be read is left out. @param observed answers to `tlsaQuestions`. */
export const tlsaDigests = (host: Host, observed: Observed): ReadonlyMap<string, string> =>
  new Map(
    namesOf(host).flatMap(name => {
      const digest = digestOf(observed.get(shownKey(name, keysOf(host, name))));
      return digest === null ? [] : [[name, digest] as const];
    }),
  );

/** SHA-256 of a SubjectPublicKeyInfo: selector 1, matching type 1. Null for text that is not a key. */
function digestOf(pem: string): string | null {
  try {
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  } catch {
    return null; // nothing there, or not a key: its record is left out
  }
}
