import type { Fleet, Host } from '../hosts/fleet.ts';
import { wgKey } from '../resources/wg-key.ts';
import type { Task } from '../run/task.ts';
import { isTunnelHost } from './neighbours.ts';

/** The host's own WireGuard key, which never leaves it. */
export const wireguardKey: Task<Host, Fleet> = {
  name: 'wireguard-key',
  summary: 'the host has a WireGuard key of its own',
  resources: (host, fleet) => (isTunnelHost(host) ? [wgKey(fleet.tunnel.interface)] : []),
};
