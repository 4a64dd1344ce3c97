import { familyOf } from '../addresses.ts';
import type { Word } from './formats.ts';

const user = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}';
const name = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}';
const address = '[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}';
const plainDestination = `(?:(${user})@)?(${name}|${address})`;
const urlDestination = `ssh://(?:(${user})@)?(${name}|\\[${address}\\])(?::([1-9][0-9]{0,4}))?/?`;

/** A user name for ssh(1). */
export const sshUser: Word = {
  thing: 'a user name for ssh',
  remedy: 'use letters, digits, dots, hyphens and underscores, no hyphen first',
  pattern: new RegExp(`^${user}$`),
};

/** What is typed after ssh(1): a name from DNS or ssh_config, or an address. Never an option. */
export const sshHost: Word = {
  thing: 'a host for ssh',
  remedy: 'write a name or an address, as in carinho.lan; port and user are separate keys',
  pattern: new RegExp(`^(?:${name}|${address})$`),
  notice: text => (text.includes(':') && familyOf(text) === null ? {} : null),
};

/** `host`, `user@host` or `ssh://user@host:port`, as ssh(1) takes them. */
export const sshDestination: Word = {
  thing: 'a destination for ssh',
  remedy: 'write local, or what is typed after ssh: a host, user@host or ssh://user@host:port',
  pattern: new RegExp(`^(?:${plainDestination}|${urlDestination})$`),
  notice: text => {
    if (destinationOf(text) !== null) return null;
    const withPort = /^([\w.-]+@)?[\w.-]+:[0-9]{1,5}$/.test(text);
    return withPort ? { remedy: `for a port write ssh://${text} or { host: …, port: … }` } : {};
  },
};

/** A host key's fingerprint as `ssh-keygen -l` prints it. */
export const hostKey: Word = {
  thing: 'the fingerprint of a host key',
  remedy:
    'write SHA256: and 43 characters, as printed on the host by ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub',
  pattern: /^SHA256:[A-Za-z0-9+/]{43}$/,
};

/** The parts of a destination; null for other text. */
export function destinationOf(text: string): { host: string; user: string | null; port: number | null } | null {
  const found = sshDestination.pattern.exec(text);
  if (found === null) return null;
  const host = (found[2] ?? found[4] ?? '').replace(/^\[|\]$/g, '');
  const port = found[5] === undefined ? null : Number(found[5]);
  if ((host.includes(':') && familyOf(host) === null) || (port ?? 1) > 65_535) return null;
  return { host, user: found[1] ?? found[3] ?? null, port };
}
