import type { Fleet, Host } from '../hosts/fleet.ts';
import { block } from '../resources/block.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import type { Task } from '../run/task.ts';
import { deliveriesOf, type View } from './hops.ts';
import { keepingRoot, rootTarget } from './root-alias.ts';

/** aliases(5) of the base system. */
export const ALIASES = '/etc/mail/aliases';
/** The recipients of the mail domains, on hosts that deliver. */
export const RECIPIENTS = '/etc/mail/recipients';

/** Who gets what: root's mail goes to the postmaster from every host; recipients are mapped where mail is delivered. */
export const aliases: Task<Host, View> = {
  name: 'aliases',
  summary: "root's mail goes to the postmaster, and each recipient's mail to a mailbox",
  resources: (host, fleet) => [
    keepingRoot(
      block(ALIASES, (_, own) => rootAlias(host, fleet, own)),
      host,
      fleet,
    ),
    ...(deliveriesOf(host, fleet).length === 0
      ? []
      : [file(RECIPIENTS, { content: () => recipientsTable(host, fleet), ...ofRoot('0644') })]),
  ],
};

/** smtpd delivers nothing to uid 0 (forkmda() in smtpd.c). An alias for root that the admin has written is not changed. */
function rootAlias(host: Host, fleet: Fleet, own: string): readonly string[] {
  if (/^[ \t]*root[ \t:]/im.test(own)) return [];
  return [`root: ${rootTarget(host, fleet)}`];
}

/** A virtual table (table(5)): only the recipients in it are accepted. */
export function recipientsTable(host: Host, fleet: View): string {
  const lines = deliveriesOf(host, fleet).map(({ address, login }) => `${address}\t${login}`);
  return `${[MARKED, ...lines].join('\n')}\n`;
}
