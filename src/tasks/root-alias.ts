/**
 * Root's alias: what a host sends itself, for example by cron(8), must go to a recipient that is accepted. smtpd refuses it
 * otherwise when it is submitted, and nobody has it. Pure.
 */
import { type Fleet, type Gateway, type Host, relaysOf } from '../hosts/fleet.ts';
import { BEGIN, END } from '../resources/block.ts';
import { HeldBack, type Resource, textOf } from '../run/resource.ts';
import { isElsewhere } from './former-neighbours.ts';
import { type Hops, routeFor, sendersTo, sidesOf, type View } from './hops.ts';
import { domainOf, mailGatewayOf, postmaster } from './neighbours.ts';
import type { RootMail } from './root-mail.ts';
import { type At, changed, type Standings } from './standing.ts';

/** Where root's mail goes by the inventory: a login of the host itself, or an address. */
export function rootTarget(host: Host, fleet: Fleet): string {
  const { address, to } = postmaster(fleet, mailGatewayOf(host, fleet));
  return to.host === host.name ? to.login : address;
}

/** Where root's mail goes by mailtun's block of aliases(5). */
export function rootTargetIn(text: string): string | null {
  const begin = text.indexOf(`${BEGIN}\n`);
  const block = begin < 0 ? '' : text.slice(begin, text.indexOf(END, begin));
  return /^root: (\S+)$/m.exec(block)?.[1] ?? null;
}

/** Which state is known of the others. */
interface Around {
  readonly fleet: Fleet;
  readonly known: (name: string) => Hops | null;
}

/** @param own the state of the host, with which the alias will be used. @param now the current one of the others. */
export function rootMailOf(host: Host, fleet: Fleet, own: Hops, now: Standings): RootMail {
  const known = (name: string): Hops | null => (now.get(name)?.isSure ? (now.get(name)?.hops ?? null) : null);
  const through = mailGatewayOf(host, fleet);
  // A workstation sends such mail to its gateway, whatever it accepts itself.
  const hops = host.role === 'workstation' ? known(through.name) : own;
  return {
    isAccepted: target => !target.includes('@') || (hops ? accepts(host, hops, target, { fleet, known }) : undefined),
    until: changed(host.name === through.name ? postmaster(fleet, through).to.host : through.name),
  };
}

/**
 * Whether what a host sends itself to an address comes to a recipient: by its own routes, or its gateway's. A gateway sends that
 * of another gateway's domain to the relays, as one does that is retiring and has no recipients any more; not for a workstation,
 * whose name is none of its domains. Undefined: a relay could not be asked.
 */
function accepts(sender: Host, { routes }: Hops, address: string, { fleet, known }: Around): boolean | undefined {
  if (routeFor(address, routes) !== undefined) return true;
  if (sender.role !== 'gateway' || sender.domains.includes(domainOf(address))) return false;
  const relays = relaysOf(fleet).map(({ name }) => known(name));
  const isRefused = (there: Hops | null): boolean =>
    there !== null && there.takes.tunnel !== undefined && routeFor(address, there.routes) === undefined;
  return relays.some(isRefused) ? false : relays.includes(null) ? undefined : true;
}

/** Where root's mail goes next: to its former target as long as only that one is accepted. */
export function nextRoot(former: string | null, host: Host, fleet: Fleet, { isAccepted }: RootMail): string {
  const wanted = rootTarget(host, fleet);
  return former !== null && former !== wanted && !isAccepted(wanted) && isAccepted(former) !== false ? former : wanted;
}

/** The alias stays as long as only its former target is accepted. */
export const keepingRoot = (alias: Resource, host: Host, fleet: View): Resource => ({
  ...alias,
  judge(observed, world) {
    const [former, wanted] = [rootTargetIn(textOf(observed, alias.id)), rootTarget(host, fleet)];
    const { rootMail } = fleet;
    if (rootMail && nextRoot(former, host, fleet, rootMail) !== wanted)
      throw new HeldBack(`root's mail to ${wanted}`, rootMail.until);
    return alias.judge(observed, world);
  },
});

/**
 * A host whose mail for root comes here and still goes to an address, and cannot go elsewhere yet: this one or a workstation
 * that sends to it. A workstation's own mail does not depend on what it accepts. None if the next host waits for this one to stop.
 * @param on where that mail goes from here.
 */
export function rootsSender(at: At, address: string, on: string, routes: Hops['routes']): Host | undefined {
  const { host, fleet, own, rootTo, canChange, known } = at;
  if (host.role === 'workstation') return undefined;
  const isFormer = (one: Host): boolean => isElsewhere(host, one) && (known(one.name)?.sends.has(host.name) ?? false);
  const behind = fleet.hosts.filter(one => one.role === 'workstation' && (one.gateway === host.name || isFormer(one)));
  const sender = [host, ...behind].find(one => {
    if (rootTo(one.name) !== address) return false;
    if (!canChange(one.name) || isFormer(one)) return true;
    const target = rootTarget(one, fleet);
    const isWanted = one.role === 'workstation' ? isOwn(mailGatewayOf(one, fleet), target) : target.includes('@');
    return isWanted && !accepts(one, { ...own, routes }, target, at);
  });
  const next = fleet.hosts.find(({ name }) => name === on);
  return next && isAwaitedBy(next, at) ? undefined : sender;
}

/** Whether the next host waits for this one, and for none that could not be changed in this run. */
function isAwaitedBy(next: Host, { host, fleet, known, otherRole, canChange, awaitedBy }: At): boolean {
  const senders = sidesOf(next, fleet).flatMap(side => sendersTo(next, side, fleet));
  const isAway = ({ name }: Host): boolean => !canChange(name) || (known(name) === null && otherRole(name) === null);
  return known(next.name) !== null && ![next, ...senders].some(isAway) && awaitedBy(next) === host.name;
}

/**
 * Whether a gateway would refuse the own mail of a workstation that comes to it from another one, and will accept it later.
 * @param there null: it could not be asked, so that the alias stays as it is.
 */
export function refusesRoot({ host, fleet, own, rootTo }: At, there: Hops | null): boolean {
  const [target, former] = [rootTarget(host, fleet), rootTo(host.name)];
  const isComing = former !== null && own.sends.size > 0;
  if (there === null) return isComing && former.includes('@') && former !== target;
  return isComing && isOwn(mailGatewayOf(host, fleet), target) && routeFor(target, there.routes) === undefined;
}

/** Whether an address is in a gateway's domains: what it never accepts for its workstations is not waited for. */
const isOwn = (gateway: Gateway, target: string): boolean =>
  target.includes('@') && gateway.domains.includes(domainOf(target));
