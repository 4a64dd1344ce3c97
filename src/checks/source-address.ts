/** Whether the next hop knows a host by the address that it connects from. Pure. */
import { familyOf } from '../hosts/addresses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import type { SmtpHop } from './path.ts';
import { type Problem, problem } from './problem.ts';
import type { Seen } from './seen.ts';
import type { Talk } from './talk.ts';
import { on } from './words.ts';

/**
 * Rules of the next smtpd go by the address of the inventory, and it greets a client by the address that it sees. The
 * kernel chooses among several of an interface (in6_ifawithscope in netinet6/in6.c), so a temporary one of
 * `inet6 autoconf` may win.
 */
export function wrongSource(hop: SmtpHop, talk: Talk, from: Seen, fleet: Fleet): Problem | null {
  const { host } = from;
  const known = addressAt(hop);
  const { source } = talk;
  if (known === null || source === null || source === known) return null;
  const key = hop.tunnel ? 'tunnel' : 'lan';
  const on_ = from.interfaces.find(one => one.addresses.some(at => at.address === source));
  return problem(
    host,
    'source-address-wrong',
    `${host.name} reaches ${hop.to.name} from ${source}, and not from ${known}`,
    `${hop.to.name} greets it as ${source}; its smtpd takes mail from ${known}`,
    on_
      ? on(
          host,
          `ifconfig ${on_.name} ${familyOf(source) === 4 ? 'inet' : 'inet6'} ${source} delete, and take it out of /etc/hostname.${on_.name} (of inet6 autoconf: -temporary); or write ${source} as address below ${key} of ${host.name} in ${fleet.path}, then mailtun provision ${fleet.path}`,
        )
      : on(
          host,
          `pfctl -sr: find what translates its address on the way to ${hop.address} (nat-to), and leave that out`,
        ),
  );
}

function addressAt({ from, tunnel }: SmtpHop): string | null {
  if (tunnel) return from.role === 'workstation' ? null : from.tunnel.address;
  return from.role === 'relay' ? null : (from.lan?.address ?? null);
}
