import * as z from 'zod/mini';
import { publicName } from './formats.ts';
import { contact, directoryUrl, localPath } from './settings.ts';
import { choice, either, mapping, named, text } from './value-schemas.ts';

/** Where the certificates of a relay's public names come from. */
export const certificatesSchema = either(
  [
    choice(['self_signed'], { description: 'Made on the relay' }),
    mapping(
      {
        acme: mapping(
          {
            contact: z.optional(text(contact, { description: 'Mail address for the certificate authority' })),
            directory_url: z.optional(
              text(directoryUrl, {
                description: "The ACME directory of the authority; if not set, that of Let's Encrypt",
              }),
            ),
          },
          { thing: 'settings for ACME', description: 'From a certificate authority by acme-client(1)' },
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
              cert: text(localPath, { description: 'PEM file on this machine: the certificate and its chain' }),
              key: text(localPath, { description: 'PEM file on this machine: the private key, without a passphrase' }),
            },
            { thing: 'a certificate and its key', description: 'Certificate and key for one name' },
          ),
          { thing: 'a mapping of names', description: 'By name' },
        ),
      },
      { thing: 'certificates', description: 'Your own files' },
    ),
  ],
  {
    thing: 'a source of certificates',
    remedy: 'write self_signed, { acme: { contact: … } } or { files: { NAME: { cert: …, key: … } } }',
    description: 'Certificates of the mx and outbound names',
    default: 'self_signed',
  },
);
