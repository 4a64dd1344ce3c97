/** How neighbours agree on TLS and on the user who authenticates: the most lenient first, see agreement.ts. Pure. */
import { type Host, relaysOf } from '../hosts/fleet.ts';
import { strayStation, unboundSender } from './agreement-sources.ts';
import { maySendOn } from './former-neighbours.ts';
import { type Hops, receiversOf, type Sends, type Side, sidesOf, type Takes } from './hops.ts';
import { credentialUser } from './neighbours.ts';
import { type At, changed } from './standing.ts';

/** A receiver becomes as strict as in the inventory when no sender needs anything else. */
export function nextTakes(at: At): Hops['takes'] {
  const takes: Partial<Record<Side, Takes>> = {};
  for (const side of sidesOf(at.host, at.fleet)) {
    const wanted = at.wanted.takes[side] ?? 'tls';
    const before = at.own.takes[side];
    const stray = strayStation(at, side);
    const unbound =
      wanted === 'tls' ? undefined : (unboundSender(at, side) ?? (at.own.from === 'anywhere' ? stray : undefined));
    if (unbound) {
      takes[side] = 'tls';
      at.hold('smtpd', `mail.tls on the LAN`, changed(unbound.name));
      continue;
    }
    const may = (mode: Sends): Host | undefined =>
      maySendOn(at, side).find(sender => {
        const there = at.known(sender.name);
        if (there !== null) return (there.sends.get(at.host.name) ?? modeToOthers(at, sender, there)) === mode;
        return before === mode || before === 'either';
      });
    const other = may(wanted === 'tls' ? 'plain' : 'tls') ?? (before === wanted ? undefined : stray);
    // A host without TLS before and after has no certificate to offer it with; mail of a sender that requires TLS waits.
    const isNew = before === undefined && wanted === 'plain';
    takes[side] = other && !isNew ? 'either' : wanted;
    if (other && !isNew) at.hold('smtpd', `mail.tls on the ${side === 'lan' ? 'LAN' : 'tunnel'}`, changed(other.name));
  }
  return takes;
}

/** A gateway sends to all relays, including new ones, in the same mode. */
const modeToOthers = ({ host, fleet }: At, sender: Host, { sends }: Hops): Sends | undefined =>
  host.role !== 'relay' || sender.role !== 'gateway'
    ? undefined
    : relaysOf(fleet)
        .map(relay => sends.get(relay.name))
        .find(mode => mode !== undefined);

/** A sender follows the inventory once the receiver accepts it. */
export function nextSends(at: At): ReadonlyMap<string, Sends> {
  const modes = receiversOf(at.host, at.fleet).map(({ host: { name }, side }): readonly [string, Sends] => {
    const wanted = at.wanted.sends.get(name) ?? 'tls';
    const before = at.own.sends.get(name);
    const there = at.known(name);
    const takes = there?.takes[side];
    const first = there === null && before === undefined ? firstMode(at, name) : null;
    if (first !== null) {
      if (first !== wanted) at.hold('smtpd', `mail.tls towards ${name}`, changed(name));
      return [name, first];
    }
    if (there !== null && (takes === undefined || takes === 'either' || takes === wanted)) return [name, wanted];
    // Where TLS is required, mail without it is refused for good. A receiver that is not sent to yet may require it next.
    const isCertain = takes === 'plain' && !at.canChange(name);
    const mode = takes === 'tls' ? 'tls' : (before ?? (isCertain ? 'plain' : 'tls'));
    if (mode !== wanted) at.hold('smtpd', `mail.tls towards ${name}`, changed(name));
    return [name, mode];
  });
  if (at.host.role !== 'gateway') return new Map(modes);
  // One action sends mail to all relays, so the mode is the same for all: TLS if one requires it, or if nothing was sent yet;
  // mail for a relay without TLS waits.
  const isRelay = (name: string): boolean => relaysOf(at.fleet).some(relay => relay.name === name);
  const outward = modes.filter(([name]) => isRelay(name)).map(([, mode]) => mode);
  const before = relaysOf(at.fleet).flatMap(({ name }) => at.own.sends.get(name) ?? [])[0];
  const insists = relaysOf(at.fleet).some(({ name }) => at.known(name)?.takes.tunnel === 'tls');
  const alike = outward.every(mode => mode === outward[0]) ? outward[0] : insists ? 'tls' : before;
  return new Map(modes.map(([name, mode]) => [name, isRelay(name) ? (alike ?? 'tls') : mode]));
}

/** How the first mail goes to a host that could not be asked: with TLS if another one sends it so, or may, for it may be required. */
function firstMode({ host, fleet, wanted, asIs }: At, to: string): Sends {
  const others = fleet.hosts.filter(one => one.role === host.role && one.name !== host.name);
  const isTls = ({ name }: Host): boolean => (asIs(name)?.sends.get(to) ?? (asIs(name) ? 'plain' : 'tls')) === 'tls';
  // A workstation waits then.
  return host.role !== 'workstation' && others.some(isTls) ? 'tls' : (wanted.sends.get(to) ?? 'tls');
}

/** A relay keeps every user that a gateway may still use; a gateway changes once every relay knows the new one. */
export function nextUsers(at: At, sends: ReadonlyMap<string, Sends>): ReadonlySet<string> {
  const { host, fleet } = at;
  if (host.role === 'gateway') {
    const wanted = credentialUser(host, fleet);
    const [before] = at.own.users;
    const relays = receiversOf(host, fleet).filter(to => to.host.role === 'relay');
    if (relays.every(to => sends.get(to.host.name) === 'plain')) return new Set();
    const unready = relays.find(to => {
      const there = at.known(to.host.name);
      if (there === null) return before !== undefined && before !== wanted;
      return there.takes.tunnel !== undefined && there.takes.tunnel !== 'plain' && !there.users.has(wanted);
    });
    if (!unready || before === undefined || before === wanted) return new Set([wanted]);
    at.hold('smtpd', `authenticating as ${wanted}`, changed(unready.host.name));
    return new Set([before]);
  }
  if (host.role !== 'relay') return new Set();
  const users = new Set<string>();
  for (const { host: gateway } of receiversOf(host, fleet)) {
    if (gateway.role !== 'gateway') continue;
    const there = at.known(gateway.name);
    const user = credentialUser(gateway, fleet);
    const used = there === null ? at.own.users : there.users;
    if (fleet.mail.tls) {
      const makesIt = at.canChange(gateway.name) && at.awaitedBy(gateway) === null;
      if (at.own.users.has(user) || makesIt || used.has(user) || used.size === 0) users.add(user);
      else at.hold('credentials', `user ${user}`, changed(gateway.name));
    }
    for (const old of used) {
      if (!at.own.users.has(old)) continue;
      users.add(old);
      if (old !== user && there !== null)
        at.hold('credentials', `user ${old} is no longer needed`, changed(gateway.name));
    }
  }
  return users;
}
