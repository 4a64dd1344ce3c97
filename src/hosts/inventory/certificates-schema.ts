import * as z from 'zod/mini';
import { publicName } from './formats.ts';
import { contact, directoryUrl, localPath } from './settings.ts';
import { choice, either, mapping, named, text } from './value-schemas.ts';

/** The key `certificates` of a relay. */
export const certificatesSchema = either(
  [
    choice(['self_signed'], { description: 'Made on the relay' }),
    mapping(
      {
        acme: mapping(
          {
            contact: z.optional(text(contact, { description: 'A mail address for the authority.' })),
            directory_url: z.optional(
              text(directoryUrl, {
                description: "The ACME directory of the authority. If not set, it is that of Let's Encrypt.",
              }),
            ),
          },
          {
            thing: 'settings for ACME',
            description: `From a certificate authority, with acme-client(1) and httpd(8), renewed by cron(8). The names have
              to resolve to the relay, and its TCP port 80 has to be open. Self-signed certificates are used until the
              authority has issued others.`,
          },
        ),
      },
      { thing: 'certificates', description: 'From a certificate authority' },
    ),
    mapping(
      {
        files: named(
          publicName,
          mapping(
            {
              cert: text(localPath, { description: 'PEM: the certificate, followed by its chain.' }),
              key: text(localPath, { description: 'PEM: its private key, without a passphrase.' }),
            },
            { thing: 'a certificate and its key', description: 'Certificate and key for one name' },
          ),
          { thing: 'a mapping of names', description: 'A mapping from names to your own files.' },
        ),
      },
      { thing: 'certificates', description: 'Your own files' },
    ),
  ],
  {
    thing: 'a source of certificates',
    remedy: 'write self_signed, { acme: { contact: … } } or { files: { NAME: { cert: …, key: … } } }',
    description: `Of a relay, for its mx and outbound names: "self_signed", or a mapping with one of these keys.`,
  },
);

/** Where a relay's public certificates come from. */
export type CertificateSource =
  | { readonly kind: 'self_signed' }
  | {
      readonly kind: 'acme';
      /** `mailto:hostmaster@example.com`. */
      readonly contact: string | null;
      readonly directoryUrl: string;
    }
  | {
      readonly kind: 'files';
      /** By certificate name, paths on the machine that runs mailtun. */
      readonly files: Readonly<Record<string, { readonly cert: string; readonly key: string }>>;
    };

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';

/** The source in a checked inventory; `locate` finds a file that it names. */
export function certificatesFrom(
  source: z.output<typeof certificatesSchema>,
  locate: (path: string) => string,
): CertificateSource {
  if (typeof source === 'string') return { kind: source };
  if ('acme' in source) {
    const { contact, directory_url = LETS_ENCRYPT } = source.acme;
    return {
      kind: 'acme',
      contact: contact === undefined ? null : `mailto:${contact.replace(/^mailto:/, '')}`,
      directoryUrl: directory_url,
    };
  }
  const files = Object.entries(source.files).map(
    ([name, { cert, key }]) => [name.toLowerCase(), { cert: locate(cert), key: locate(key) }] as const,
  );
  return { kind: 'files', files: Object.fromEntries(files) };
}
