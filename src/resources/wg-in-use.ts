import type { WgPeer } from '../facts/ifconfig.ts';
import { INTERFACES } from '../facts/interfaces.ts';
import type { Observed } from '../run/resource.ts';
import { MARK } from './file.ts';
import { OWN_TUNNELS } from './former-tunnels.ts';
import { type DesiredWg, wgIn } from './wg-interface.ts';
import { hostnameIfOf } from './wg-routes.ts';

/** What is known of a tunnel's end before its keys are. */
export type KeylessWg = Pick<DesiredWg, 'port' | 'address' | 'prefixLength'> & {
  /** Addresses of the far ends. */
  readonly far: readonly string[];
};

/**
 * What a wg(4) interface that is used for something else would lose, and how to avoid that; null if all its peers are far
 * ends of this tunnel. Needs no keys, so it is known before they are made. Pure.
 */
export function lostByTakingOver(name: string, desired: KeylessWg, observed: Observed): string | null {
  const now = wgIn(observed, name);
  const others = now?.peers.filter(peer => !isOurs(peer, desired.far)) ?? [];
  if (!now || others.length === 0) return null;
  const addresses = now.addresses.filter(at => at.address !== desired.address);
  const lost = [
    ...others.map(peer => `peer ${peer.publicKey} (${peer.allowedIps.join(', ') || 'no allowed ips'})`),
    ...addresses.map(at => `address ${at.address}/${at.prefixLength}`),
    ...(now.routingTable === undefined ? [] : [`wgrtable ${now.routingTable}`]),
    ...(now.port !== null && now.port !== desired.port ? [`port ${now.port}`] : []),
  ];
  return `${name} would lose ${lost.join(', ')}; tunnel: { interface: ${free(name, observed)} } in the inventory avoids this`;
}

/**
 * The same interface if mailtun has neither made it nor written its hostname.if(5): its peers are removed only with --take-over.
 * Interfaces made by wg-quick(8) have no such file at all.
 */
export function foreignInterface(name: string, desired: KeylessWg, observed: Observed): string | null {
  const isOwn = observed.file(hostnameIfOf(name)).content?.includes(MARK) || observed.get(OWN_TUNNELS).includes(name);
  return isOwn || lostByTakingOver(name, desired, observed) === null ? null : `the running ${name}`;
}

const isOurs = ({ allowedIps }: WgPeer, far: readonly string[]): boolean =>
  allowedIps.some(ip => far.includes(ip.slice(0, ip.lastIndexOf('/'))));

/** The next number that no interface has. */
function free(name: string, observed: Observed): string {
  const taken = observed.get(INTERFACES).map(one => one.name);
  let number = Number(name.slice(2)) + 1;
  while (taken.includes(`wg${number}`)) number += 1;
  return `wg${number}`;
}
