/**
 * Root's alias: what a host sends itself, for example by cron(8), must go to a recipient that is accepted. smtpd refuses it
 * otherwise when it is submitted, and nobody has it. Pure.
 */
import type { Fleet, Host } from '../hosts/fleet.ts';
import { BEGIN, END } from '../resources/block.ts';
import { HeldBack, type Resource, textOf } from '../run/resource.ts';
import { type Hops, routeFor, type View } from './hops.ts';
import { mailGatewayOf, postmaster } from './neighbours.ts';
import type { RootMail } from './root-mail.ts';
import { type At, changed } from './standing.ts';

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

/** @param own the next state of the host. @param gateway the state of a workstation's gateway; none: it could not be asked. */
export function rootMailOf(host: Host, fleet: Fleet, own: Hops, gateway: Hops | undefined): RootMail {
  const routes = host.role === 'workstation' ? gateway?.routes : own.routes;
  const through = mailGatewayOf(host, fleet);
  return {
    isAccepted: address => !address.includes('@') || (routes && routeFor(address, routes) !== undefined),
    until: changed(host.name === through.name ? postmaster(fleet, through).to.host : through.name),
  };
}

/** The alias stays as long as only its former target is accepted. */
export const keepingRoot = (alias: Resource, host: Host, fleet: View): Resource => ({
  ...alias,
  judge(observed, world) {
    const [former, wanted] = [rootTargetIn(textOf(observed, alias.id)), rootTarget(host, fleet)];
    const { rootMail } = fleet;
    if (
      former !== null &&
      former !== wanted &&
      rootMail &&
      !rootMail.isAccepted(wanted) &&
      rootMail.isAccepted(former) !== false
    )
      throw new HeldBack(`root's mail to ${wanted}`, rootMail.until);
    return alias.judge(observed, world);
  },
});

/** A host whose mail for root still goes to an address, and cannot go elsewhere yet: this one or a workstation of its. */
export function rootsSender(at: At, address: string, routes: Hops['routes']): Host | undefined {
  const { host, fleet, rootTo, canChange } = at;
  const behind = fleet.hosts.filter(one => one.role === 'workstation' && one.gateway === host.name);
  return [host, ...behind].find(one => {
    if (rootTo(one.name) !== address) return false;
    const target = rootTarget(one, fleet);
    return !canChange(one.name) || (target.includes('@') && !routes.has(target));
  });
}
