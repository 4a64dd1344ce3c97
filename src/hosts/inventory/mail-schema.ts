import * as z from 'zod/mini';
import { credentialsFrom, credentialsSchema } from './credentials-schema.ts';
import { deliveryTarget, recipient } from './formats.ts';
import { duration, maildir } from './settings.ts';
import { dkimFrom, dkimSchema, dmarcFrom, dmarcSchema } from './signing-schema.ts';
import { choice, either, flag, list, mapping, named, text } from './value-schemas.ts';

const bounceSettings = mapping(
  {
    mode: choice(['drop', 'send'], { description: '"drop" or "send".' }),
    warn_intervals: z.prefault(
      list(text(duration, { description: 'A duration' }), {
        description: `One to four durations after which the sender of queued mail is notified; only with "send".`,
        thing: 'a list of durations',
        remedy: 'write one to four durations, as in [4h, 1d]',
        most: 4,
      }),
      ['4h'],
    ),
  },
  { thing: 'a setting for bounces', description: 'The same, and when to notify the sender' },
);

const bounces = either([choice(['drop', 'send'], { description: 'Drop bounces, or send them' }), bounceSettings], {
  thing: 'drop or send',
  remedy: 'write drop, send or { mode: send, warn_intervals: [4h] }',
  description: '"drop", "send", or a mapping. A dropped bounce leaves only a line in "/var/log/maillog".',
});

const recipients = named(
  recipient,
  text(deliveryTarget, { description: 'A login, or login@host if several hosts deliver' }),
  {
    thing: 'a mapping of recipients',
    description: `A mapping from the local part of an address to the login that gets the mail, as in "postmaster: jay". If
      several hosts deliver mail, the login includes the host, as in "ana: ana@desk". If there are several domains, the
      key may be a full address; a local part alone is valid in each domain of the gateway that serves the host. Each
      login has to exist on that host, and must not be root. Mail to root on any host goes to the postmaster, or to the
      first recipient if there is no postmaster.`,
    examples: [{ test: 'jay', postmaster: 'jay' }],
  },
);

/** The key `mail`. */
export const mailSchema = mapping(
  {
    recipients,
    credentials: z.optional(credentialsSchema),
    queue_ttl: z.prefault(
      text(duration, { description: 'How long mail stays in the queue while the tunnel is down.' }),
      '20d',
    ),
    bounces: z.prefault(bounces, 'drop'),
    maildir: z.prefault(
      text(maildir, {
        description: "The maildir that mail is delivered to, relative to the recipient's home directory.",
      }),
      'maildir/in',
    ),
    dkim: z.prefault(dkimSchema, false),
    dmarc: z.optional(dmarcSchema),
    tls: z.prefault(
      flag({
        description: `"off" sends mail in plain SMTP inside the tunnel and the LAN, without certificates and without a
          password, for a first test. The relay still accepts outbound mail only from the addresses of its gateways.`,
      }),
      true,
    ),
  },
  { thing: "the mail's settings", description: 'Recipients and transport of mail.' },
);

/** The mail of a checked inventory, but for the recipients; `locate` finds a file that it names. */
export function mailFrom(written: z.output<typeof mailSchema>, locate: (path: string) => string) {
  const { mode, warn_intervals } =
    typeof written.bounces === 'string' ? z.parse(bounceSettings, { mode: written.bounces }) : written.bounces;
  return {
    credentials: credentialsFrom(written.credentials, locate),
    /** As smtpd.conf(5) writes a duration: `20d`. */
    queueTtl: written.queue_ttl,
    /** Durations, at most four; none where bounces are dropped. */
    bounces: { mode, warnIntervals: mode === 'drop' ? [] : warn_intervals },
    /** Below the recipient's home, no leading or trailing slash: `maildir/in`. */
    maildir: written.maildir.replace(/\/$/, ''),
    /** False only for a first try: plain SMTP inside the tunnel. */
    tls: written.tls,
    dkim: dkimFrom(written.dkim),
    /** Null: nothing is said to receivers. */
    dmarc: written.dmarc === undefined ? null : dmarcFrom(written.dmarc),
  };
}
