/** Whether a host connects to the next hop from the address that is expected there. Pure. */
import type { SmtpSession } from '../facts/smtp-session.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { CONF } from '../tasks/in-force.ts';
import type { HostFacts } from './host-facts.ts';
import type { SmtpHop } from './path.ts';
import { type Problem, problem } from './problem.ts';
import { on, provisionAll } from './remedies.ts';

/** The hosts at both ends of a hop. */
interface Ends {
  readonly from: HostFacts;
  readonly to: HostFacts;
}

/**
 * mailtun's rules identify a neighbour by its certificate, its password or the tunnel; in a LAN without TLS by the address that
 * its smtpd binds, as the probe does. The address that the kernel chooses (in6_ifawithscope in netinet6/in6.c) matters only
 * with another smtpd.conf(5), written by an earlier version or by hand.
 */
export function wrongSource(hop: SmtpHop, session: SmtpSession, { from, to }: Ends, fleet: Fleet): Problem | null {
  const { host } = from;
  const known = addressAt(hop);
  const { source } = session;
  if (known === null || source === null || source === known) return null;
  const differs = [from, to].some(({ plan }) => plan.changes.some(({ resource }) => resource === CONF));
  if (!differs && hop.authority !== null) return null;
  return problem(host, 'source-address-wrong', {
    what: `${host.name} connects to ${hop.to.name} from ${source} instead of ${known}`,
    evidence: `${hop.to.name} greets it as ${source}; its smtpd accepts mail from ${known}`,
    remedy: differs
      ? provisionAll(fleet)
      : on(host, `pfctl -sr: find the rule that translates its address towards ${hop.address} (nat-to), and remove it`),
  });
}

function addressAt({ from, tunnel }: SmtpHop): string | null {
  if (tunnel) return from.role === 'workstation' ? null : from.tunnel.address;
  return from.role === 'relay' ? null : (from.lan?.address ?? null);
}
