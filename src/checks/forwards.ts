/** Recipients whose ~/.forward leads outside, although the gateway sends only mail of its own domains there. Pure. */
import type { Fleet } from '../hosts/fleet.ts';
import { domainOf, mailGatewayOf } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';
import { on } from './remedies.ts';

/**
 * Forwarded mail keeps its sender, and the gateway sends only mail from its own domains: mail from others is refused there,
 * and the bounce is dropped or goes back to the sender.
 */
export function forwardedOutside({ host, forwards: { local, forwards } }: HostFacts, fleet: Fleet): readonly Problem[] {
  const lan = fleet.hosts.flatMap(one => (one.role !== 'relay' && one.lan ? [one.lan.name] : []));
  const own = new Set(['localhost', ...local, ...fleet.domains, ...lan]);
  const outside = forwards.filter(({ address }) => !own.has(domainOf(address)));
  return [...new Set(outside.map(({ login }) => login))].flatMap(login => {
    const theirs = outside.filter(forward => forward.login === login);
    const addresses = theirs.map(({ address }) => address).join(', ');
    const path = theirs[0]?.path ?? '';
    const gateway = mailGatewayOf(host, fleet);
    const end = fleet.mail.bounces.mode === 'drop' ? 'is lost without a bounce' : 'is refused';
    return problem(host, 'mail-forwarded-outside', {
      what: `mail for ${login} on ${host.name} is forwarded outside, where mail from other senders is refused`,
      evidence: `${path}: ${addresses}; ${gateway.name} only sends mail from ${gateway.domains.join(', ')}, all other ${end}`,
      remedy: on(host, `remove ${addresses} from ${path}`),
    });
  });
}
