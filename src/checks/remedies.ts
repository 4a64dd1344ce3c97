/** Commands that remedies name. */

import { familyOf } from '../hosts/addresses.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import type { Provision } from './problem.ts';

/** Applies the inventory to a host, or some tasks of it. */
export const provisionCommand = (fleet: Fleet, host: Pick<Host, 'name'>, ...tasks: readonly string[]): string =>
  ['mailtun provision', fleet.path, `--host ${host.name}`, ...tasks.map(task => `--only ${task}`)].join(' ');

/** The same as a remedy; it becomes a provision of all hosts where this one waits for others. */
export const provision = (...of: Parameters<typeof provisionCommand>): Provision => ({
  provision: provisionCommand(...of),
  hosts: [of[1].name],
});

/**
 * Provisions all hosts: what they have to agree on (recipients, TLS, users, ports) is not changed on a host unless all of
 * them are chosen.
 */
export const provisionAll = (fleet: Fleet): Provision => ({ provision: `mailtun provision ${fleet.path}`, hosts: [] });

/** Sends one echo request. */
export const ping = (address: string): string => `${familyOf(address) === 4 ? 'ping' : 'ping6'} -c 1 ${address}`;

/** Shows the route to an address; traceroute(8) knows IPv4 alone. */
export const tracing = (address: string): string =>
  `route -n get ${address}; traceroute${familyOf(address) === 6 ? '6' : ''} ${address}`;

/** A command to type on a host, as root. */
export const on = (host: Pick<Host, 'name'>, command: string): string => `on ${host.name}: ${command}`;

/** `1 message waits`, `2 messages wait`. */
export const messagesWait = (count: number): string => `${plural(count, 'message')} ${count === 1 ? 'waits' : 'wait'}`;

/** `3 s`, `5 min`, `2 h`, `4 days`. */
export function span(seconds: number): string {
  const size = Math.abs(Math.round(seconds));
  if (size < 120) return `${size} s`;
  if (size < 7200) return `${Math.round(size / 60)} min`;
  return size < 172_800 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86_400)} days`;
}

/** Seconds that a tunnel may need after a boot, because the far end still uses the old session (if_wg.c). */
const BOOT_SECONDS = 45;

/** Whether a host was booted so recently that some things may not work yet. */
export const hasJustBooted = ({ upSeconds }: { readonly upSeconds: number | null }): boolean =>
  upSeconds !== null && upSeconds < BOOT_SECONDS;
