import * as z from 'zod/mini';
import { inventoryName } from './formats.ts';
import { localPath } from './settings.ts';
import { destinationOf, hostKey, sshDestination, sshHost, sshUser } from './ssh-formats.ts';
import { choice, either, mapping, text, wholeNumber } from './value-schemas.ts';

/** The key `ssh` of a host. */
export const sshSchema = either(
  [
    text(sshDestination, { description: '"local", or a destination as typed after ssh' }),
    mapping(
      {
        host: text(sshHost, { description: 'A name or an address.' }),
        port: z.optional(wholeNumber('a port', 1, 65_535, { description: 'The port of sshd(8).' })),
        user: z.optional(text(sshUser, { description: 'The login.' })),
        identity_file: z.optional(text(localPath, { description: 'The private key.' })),
        jump: z.optional(text(inventoryName, { description: 'Another host of the inventory to jump through.' })),
        become: z.optional(choice(['doas'], { description: '"doas", if the login is not root.' })),
        host_key: z.optional(
          text(hostKey, {
            description: 'The only host key to accept, as "SHA256:...", instead of those in "known_hosts".',
          }),
        ),
      },
      { thing: 'a destination for ssh', description: 'The destination in parts' },
    ),
  ],
  {
    thing: sshDestination.thing,
    remedy: sshDestination.remedy,
    description: `The destination as typed after ssh(1), interpreted by its configuration; "local" for the machine that runs
      mailtun(1); or a mapping.

      Whatever is not set is taken from ssh_config(5), including certificates and keys in the agent. An existing master
      connection ("ControlPath") is used, unless "host_key" is set; a change is confirmed over a new connection. mailtun
      never starts a master.`,
    examples: ['carinho.lan', 'local', { host: 'mimando.lan', jump: 'carinho' }],
  },
);

type Parts = Exclude<z.output<typeof sshSchema>, string>;

/** How a host is reached. */
export type SshTarget =
  | { readonly kind: 'local'; readonly become: 'doas' | null }
  | ({ readonly kind: 'ssh' } & Readonly<ReturnType<typeof partsFrom>>);

/** How a host of a checked inventory is reached; `locate` finds a file that it names. */
export function sshFrom(written: z.output<typeof sshSchema>, locate: (path: string) => string): SshTarget {
  const parts: Parts = typeof written === 'string' ? { host: written } : written;
  if (parts.host === 'local') return { kind: 'local', become: parts.become ?? null };
  return { kind: 'ssh', ...partsFrom(parts, locate), ...(typeof written === 'string' ? destinationOf(written) : {}) };
}

const partsFrom = (parts: Parts, locate: (path: string) => string) => ({
  /** What would be typed after `ssh`. */
  host: parts.host,
  port: parts.port ?? null,
  user: parts.user ?? null,
  identityFile: parts.identity_file === undefined ? null : locate(parts.identity_file),
  /** A host of the inventory, or null. */
  jump: parts.jump ?? null,
  become: parts.become ?? null,
  /** `SHA256:…`, or null: known_hosts decides. */
  hostKey: parts.host_key ?? null,
});
