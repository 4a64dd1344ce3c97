import * as z from 'zod/mini';
import { nearest } from './did-you-mean.ts';
import { domainsSchema } from './domains-schema.ts';
import { lanSchema, tunnelEndSchema } from './ends-schema.ts';
import { quoted } from './errors.ts';
import { inventoryName } from './formats.ts';
import { relayKeys } from './relay-schema.ts';
import { sshFrom, sshSchema } from './ssh-schema.ts';
import { explained, flag, mapping, text } from './value-schemas.ts';

const ofAnyHost = {
  own_lines: z.prefault(
    flag({
      description: `"true" includes "/etc/mail/smtpd.local.conf", a file of your own, in smtpd.conf(5). It is included after
        the tables, certificates, listeners and actions of mailtun, which it may use, and before the rules of mailtun, so
        that its own rules match first. The file is created empty, readable by root only, and never written again. Neither
        "undo" nor setting this key to "false" removes it. Its text stays on the host and is never part of a diff. If it
        has changed, the next run restarts smtpd(8) after "smtpd -n" has accepted the whole configuration. Changes to
        tables and certificates that it names are not noticed. A larger "smtp max-message-size" belongs in this file of
        every host on the way: a message that is too large for the next hop is lost. If "--take-over" replaces an smtpd.conf(5) that was written
        by hand, the file begins with those of its lines for which mailtun has no equivalent, commented out. See
        EXAMPLES in mailtun.yaml(5).`,
    }),
    false,
  ),
  retiring: z.prefault(
    flag({
      description: `"true" for a host that is to be removed from the inventory. It accepts no more mail from the previous
        hop, which it refuses with 421 when it connects, and hands over the mail that it has. "mailtun status" shows what
        mail is left on it, what still points to it, and when it can be removed.

        A relay refuses the internet; senders there try another MX or try again later. Gateways send through the remaining
        relays; if there is none, their mail still goes out through the retiring one. A gateway refuses the relays, which
        keep the mail for its recipients, and still accepts what its workstations send. It no longer needs "domains" and
        recipients; mail that waits for recipients who are now on another host goes there. A workstation refuses its
        gateway, which keeps the mail for its recipients in the same way; its users can still send.`,
    }),
    false,
  ),
};

const role = <Name extends string>(name: Name, description: string) => explained(z.literal(name), { description });

const relay = mapping(
  {
    role: role(
      'relay',
      `"relay": a machine with static addresses. Every relay receives mail, and outbound mail uses all of them in turn. If
        one does not answer, the mail queued for it takes another one within minutes. The mx names of every relay belong
        in the MX records of every domain.`,
    ),
    ssh: sshSchema,
    ...relayKeys,
    ...ofAnyHost,
  },
  { thing: 'a host', description: 'A machine with static addresses' },
);

const gateway = mapping(
  {
    role: role(
      'gateway',
      '"gateway": a machine at home, the other end of the tunnel. Every gateway has a tunnel to every relay.',
    ),
    ssh: sshSchema,
    tunnel: tunnelEndSchema,
    lan: z.optional(lanSchema),
    domains: z.optional(
      domainsSchema({
        description: `Of a gateway: the domains whose mail goes to it. Required if there are several gateways, except for one
          that is retiring.`,
      }),
    ),
    ...ofAnyHost,
  },
  { thing: 'a host', description: 'A machine at home' },
);

const workstation = mapping(
  {
    role: role('workstation', `"workstation": a machine behind a gateway, which delivers mail in the gateway's LAN.`),
    ssh: sshSchema,
    lan: lanSchema,
    gateway: z.optional(
      text(inventoryName, { description: 'Of a workstation: its gateway. Required if there are several.' }),
    ),
    ...ofAnyHost,
  },
  { thing: 'a host', description: 'A machine behind a gateway' },
);

/** A host in one of its three roles. */
export const hostSchema = explained(
  z.discriminatedUnion('role', [relay, gateway, workstation], { error: issue => roleSaid(issue.input) }),
  { description: 'A host' },
);

/** The three roles, in the order in which mail from the internet comes by. */
export const roles: readonly string[] = ['relay', 'gateway', 'workstation'];

function roleSaid(input: unknown): string {
  const remedy = 'write relay, gateway or workstation';
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return `${input === null ? 'empty' : `${quoted(input)} is not a host`}\nwrite a mapping that begins with role: relay, gateway or workstation`;
  }
  const role = 'role' in input ? input.role : undefined;
  if (role === undefined) return `missing\n${remedy}`;
  const meant = typeof role === 'string' ? nearest(role, roles) : null;
  return `${quoted(role)} is not a role\n${meant === null ? remedy : `did you mean ${meant}? ${remedy}`}`;
}

type Written = z.output<typeof hostSchema>;

/** What every host of a checked inventory has; `locate` finds a file that it names. */
export const anyHostFrom = (name: string, host: Written, locate: (path: string) => string) => ({
  /** As the inventory calls it: letters, digits, `.`, `-`, `_`. */
  name,
  ssh: sshFrom(host.ssh, locate),
  /** Whether its smtpd.conf(5) includes a file of the admin's own. */
  ownLines: host.own_lines,
  /** It takes no more mail from before it, and hands over what it has. */
  retiring: host.retiring,
});
