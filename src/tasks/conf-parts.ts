/** Parts of smtpd.conf(5) that several roles have. */
import type { Fleet, Gateway, Host, Workstation } from '../hosts/fleet.ts';
import { ALIASES } from './aliases.ts';
import type { View } from './hops.ts';
import { LARGEST_OF_RELAY } from './message-limits.ts';
import type { Pki } from './shown-certificates.ts';
import { plain } from './smtpd-tls.ts';

/** What every smtpd.conf begins with. */
export const common = ({ role }: Host, fleet: View): readonly string[] => [
  ...(fleet.mail.tls
    ? []
    : ['# WARNING: mail.tls is off. Nothing but the tunnel protects this mail, and nobody has to authenticate.']),
  `queue ttl ${fleet.mail.queueTtl}`,
  `smtp max-message-size ${role === 'relay' ? `${fleet.largest ?? LARGEST_OF_RELAY}K` : '36M'}`,
  ...(bouncesSent(fleet) && fleet.mail.bounces.warnIntervals.length > 0
    ? [`bounce warn-interval ${fleet.mail.bounces.warnIntervals.join(', ')}`]
    : []),
  `table aliases file:${ALIASES}`,
];

/** Whether bounces are sent. */
export const bouncesSent = (fleet: Fleet): boolean => fleet.mail.bounces.mode === 'send';

/** The lines of one certificate and its key. */
export const pkiLines = (name: string, { cert, key }: Pki): string =>
  `pki ${plain(name)} cert "${cert}"\npki ${plain(name)} key "${key}"`;

/** Of any recipient, as an action names it. */
export const maildir = (fleet: Fleet): string => `%{user.directory}/${fleet.mail.maildir}/`;

/**
 * The action that relays to a gateway. Queued mail keeps the names of actions, so a name contains only what smtpd connects to:
 * no number, no domain, and not the inventory's name of a host.
 */
export const inbound = (gateway: Gateway): string => `relay_in_${gateway.tunnel.name}`;
/** The action that relays to a workstation. */
export const forward = (station: Workstation): string => `forward_to_${station.lan.name}`;
/** Whether an action's name is that of mail which goes on inwards, to whatever host has that name. */
export const isInwards = (action: string): boolean => /^(relay_in|forward_to)_/.test(action);
/** The action for outbound mail. */
export const OUTBOUND = 'outbound';
/** A relay's action for mail to the world. */
export const RELAY_OUT = 'relay_out';
/** The action for the maildirs of recipients. */
export const DELIVER = 'deliver_to_recipients';

/** Rules for local mail, also for the name in the LAN, which smtpd itself does not consider local (smtpd.conf(5)). */
export const localMail = (from: string, lan?: string): readonly string[] =>
  ['local', ...(lan === undefined ? [] : [`domain "${lan}"`])].map(
    name => `match ${from} for ${name} action "local_mail"`,
  );

/**
 * The rule for mail that the host itself sends, for example by an alias of the admin's. A bounce has no sender, which smtpd
 * matches as `@`.
 */
export const ownMail = (fleet: Fleet, out: string): string =>
  `match from local for any ${bouncesSent(fleet) ? '' : 'mail-from regex "[^@]" '}action "${out}"`;
