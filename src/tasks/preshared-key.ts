import { isWgKey } from '../facts/wg-key-state.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { file, ofRoot, made as staged } from '../resources/file.ts';
import { WG_PUBLIC_KEY } from '../resources/wg-key.ts';
import { command } from '../run/command.ts';
import type { ObservedHosts } from '../run/desired.ts';
import { lostReason } from '../run/lost.ts';
import { change, type Observed, type Resource, reason } from '../run/resource.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';

/** Where a host keeps the key that it shares with `peer`. */
export const presharedKeyFile = (peer: string): string => `/root/KEY_PRESHARED.${peer}`;

const published = (peer: string): string => `preshared key with ${peer}`;

const MAKE = `
umask 077
path=$1
stage "$path" || exit 1
new=$path.mailtun.unfinished
openssl rand -base64 32 >"$new" && [ "$(wc -c <"$new")" -eq 45 ] ||
  { rm -f "$new"; complain 'no key could be made'; exit 1; }
`;

/** Preshared keys, if the inventory wants them: made on the gateway; mailtun transfers them to the relay and keeps no copy. */
export function presharedKey(host: TunnelHost, fleet: Fleet): readonly Resource[] {
  if (!fleet.tunnel.presharedKey) return [];
  return peersOf(host, fleet).map(peer => {
    const path = presharedKeyFile(peer.name);
    if (host.role === 'gateway') return made(path, published(peer.name));
    const content = (key: string): string => `${key}\n`;
    const copy = file(path, {
      content: world => content(world.published(peer.name, published(host.name))),
      ...ofRoot('0600'),
      secret: true,
      risk: 'lockout',
      mine: true,
    });
    return {
      ...copy,
      // A peer that is left out needs no key; one that is remembered does.
      judge: (observed, world) => (world.lacks(peer.name, WG_PUBLIC_KEY) ? null : copy.judge(observed, world)),
      recall: observed => new Map([[peer.name, keyIn(observed, path, published(host.name))]]),
    };
  });
}

const made = (path: string, key: string): Resource => ({
  id: path,
  questions: [{ kind: 'file', path, want: 'content' }],
  judge(observed) {
    const { content } = observed.file(path);
    const text = content?.toString('utf8').trim() ?? '';
    if (isWgKey(text)) return null;
    return change(
      path,
      text === ''
        ? reason('file-missing', 'missing')
        : lostReason({ content }, reason('preshared-key-invalid', 'no WireGuard key')),
      [{ label: `makes ${path}`, ...staged(command(MAKE, path), path) }],
    );
  },
  publish: observed => keyIn(observed, path, key),
});

/** The inventory, and the far ends of a host that have another preshared key than it, or none, and can be changed as well. */
export interface Sharing extends Fleet {
  readonly unshared?: ReadonlySet<string>;
}

/** Where a run has made the key, and ended before the interfaces got it, only the files show that they have the former one. */
export function unsharedOf(host: Host, fleet: Fleet, all: ObservedHosts): ReadonlySet<string> {
  const own = all.get(host.name)?.observed;
  if (!own || !isTunnelHost(host) || !fleet.tunnel.presharedKey) return new Set();
  const differing = peersOf(host, fleet).filter(({ name }) => {
    const { observed = null, canChange = false } = all.get(name) ?? {};
    return canChange && observed && keyAt(observed, presharedKeyFile(host.name)) !== keyAt(own, presharedKeyFile(name));
  });
  return new Set(differing.map(({ name }) => name));
}

/** Null where there is no key in the file. */
function keyAt(observed: Observed, path: string): string | null {
  const text = observed.file(path).content?.toString('utf8').trim() ?? '';
  return isWgKey(text) ? text : null;
}

function keyIn(observed: Observed, path: string, key: string): Readonly<Record<string, string>> {
  const text = keyAt(observed, path);
  return text === null ? {} : { [key]: text };
}
