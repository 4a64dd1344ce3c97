import type { Task } from '../engine/task.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { block } from '../resources/block.ts';
import { file, marked } from '../resources/file.ts';
import { addressesOf, mailGatewayOf, postmaster, recipientsOf } from './neighbours.ts';

export const ALIASES = '/etc/mail/aliases';
export const RECIPIENTS = '/etc/mail/recipients';

/** Who gets what: root's mail goes to the postmaster from every host; recipients are mapped where mail is delivered. */
export const aliases: Task<Host, Fleet> = {
  name: 'aliases',
  summary: "root's mail reaches the postmaster, and recipients their mailboxes",
  appliesTo: () => true,
  resources: (host, fleet) => [
    block(ALIASES, (_, own) => rootAlias(host, fleet, own)),
    ...(deliveredHere(host, fleet).length === 0
      ? []
      : [
          file(RECIPIENTS, {
            content: () => recipientsTable(host, fleet),
            mode: '0644',
            owner: 'root',
            group: 'wheel',
          }),
        ]),
  ],
};

/** smtpd delivers nothing to uid 0 (facts 4.8). An alias of root's that the admin made himself is left to him. */
function rootAlias(host: Host, fleet: Fleet, own: string): readonly string[] {
  if (/^root\s*:/m.test(own)) return [];
  const { address, to } = postmaster(fleet, mailGatewayOf(host, fleet));
  return [`root: ${to.host === host.name ? to.login : address}`];
}

/** The recipients that this host delivers to. */
export const deliveredHere = (host: Host, fleet: Fleet) =>
  host.role === 'relay' ? [] : recipientsOf(mailGatewayOf(host, fleet), fleet).filter(to => to.host === host.name);

/** A virtual table (table(5)): only what stands in it is accepted. */
export function recipientsTable(host: Host, fleet: Fleet): string {
  const gateway = mailGatewayOf(host, fleet);
  const lines = deliveredHere(host, fleet).flatMap(to =>
    addressesOf(to, gateway).map(address => `${address}\t${to.login}`),
  );
  return `${[marked(), ...lines].join('\n')}\n`;
}
