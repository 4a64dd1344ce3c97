import type { WgInterface } from '../facts/ifconfig.ts';
import { Failure } from '../run/failure.ts';
import { hostnameIfOf } from './wg-routes.ts';

/** @throws Failure where smtpd could not listen on its addresses; another domain would remove them all (ifconfig(8)). */
export function refuseDomain(name: string, now: WgInterface | null): void {
  if (now?.routingDomain === undefined) return;
  throw new Failure(
    'routing-domain-wrong',
    `${name} is in routing domain ${now.routingDomain}, where smtpd does not run`,
    name,
    `remove rdomain from ${hostnameIfOf(name)}; ifconfig ${name} -rdomain; sh /etc/netstart ${name}; or set another tunnel.interface in the inventory`,
  );
}
