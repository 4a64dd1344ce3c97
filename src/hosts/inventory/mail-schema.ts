import * as z from 'zod/mini';
import { defaults } from './defaults.ts';
import { authUser, deliveryTarget, recipient } from './formats.ts';
import { commandWord, duration, environmentVariable, localPath, maildir, reportAddress, selector } from './settings.ts';
import { choice, either, explained, flag, list, mapping, named, text } from './value-schemas.ts';

const fromEnvironment = mapping(
  { env: text(environmentVariable, { description: 'An environment variable of mailtun' }) },
  { thing: 'a source', description: 'From the environment' },
);

const fromFile = mapping(
  { file: text(localPath, { description: 'A file on this machine; its first line is the password' }) },
  { thing: 'a source', description: 'From a file' },
);

const fromCommand = mapping(
  {
    command: list(text(commandWord, { description: 'A word' }), {
      description: 'A command on this machine; the first line it prints is the password',
      thing: 'a list of words',
      remedy: 'write the words of the command as a list, as in [pass, show, mail]',
      examples: [['pass', 'show', 'mail']],
    }),
  },
  { thing: 'a source', description: 'From a command' },
);

/** Says nothing of the value: it may be a password. */
const password = explained(
  z.union([fromEnvironment, fromFile, fromCommand], { error: issue => passwordSaid(issue.input) }),
  {
    description:
      'The source of the SMTP password. If not set, it is made on the gateway, and only its hash leaves that machine',
  },
);

function passwordSaid(input: unknown): string {
  const remedy = 'write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or remove it';
  if (typeof input === 'string' || typeof input === 'number')
    return `a password in plain text is not allowed here\n${remedy}`;
  return `this is not a source of a password\n${remedy}`;
}

const bounces = either(
  [
    choice(['drop', 'send'], { description: 'Drop bounces, or send them' }),
    mapping(
      {
        mode: choice(['drop', 'send'], { description: 'Drop bounces, or send them' }),
        warn_intervals: z.optional(
          list(text(duration, { description: 'A duration' }), {
            description: 'How long mail waits before its sender is notified, with mode: send',
            thing: 'a list of durations',
            remedy: 'write one to four durations, as in [4h, 1d]',
            most: 4,
            default: [defaults.warnInterval],
          }),
        ),
      },
      { thing: 'a setting for bounces', description: 'The same, and when to notify the sender' },
    ),
  ],
  {
    thing: 'drop or send',
    remedy: 'write drop, send or { mode: send, warn_intervals: [4h] }',
    description: 'What is done with bounces; the article drops them',
    default: defaults.bounces,
  },
);

const dkim = either(
  [
    flag({ description: 'On or off' }),
    mapping(
      {
        selector: z.optional(
          text(selector, {
            description: "Name of the key in DNS; with several relays the relay's name is appended",
            default: defaults.selector,
          }),
        ),
        algorithm: z.optional(
          choice(['rsa', 'ed25519'], {
            description: 'Type of the key; not every receiver verifies ed25519',
            default: defaults.dkimAlgorithm,
          }),
        ),
      },
      { thing: 'settings for DKIM', description: 'On, with settings' },
    ),
  ],
  {
    thing: 'on, off or a mapping',
    remedy: 'write true, false or a mapping, as in { selector: s2027 }',
    description: 'Sign outbound mail on the relay with the package opensmtpd-filter-dkimsign, once DNS has the record',
    default: false,
  },
);

const dmarcPolicies = ['none', 'quarantine', 'reject'] as const;

const dmarc = mapping(
  {
    policy: choice(dmarcPolicies, {
      description: 'What receivers should do with mail from your domain if neither SPF nor DKIM passes',
    }),
    subdomains: z.optional(
      choice(dmarcPolicies, {
        description: 'The same for mail from subdomains without their own record; if not set, the policy of the domain',
      }),
    ),
    reports: z.optional(
      text(reportAddress, {
        description: 'Where receivers send their daily reports',
        examples: ['postmaster@example.com'],
      }),
    ),
  },
  { thing: 'settings for DMARC', description: 'The DMARC record that mailtun dns prints and checks' },
);

/** Recipients and transport of mail. */
export const mailSchema = mapping(
  {
    recipients: named(
      recipient,
      text(deliveryTarget, { description: 'A login, or login@host if several hosts deliver' }),
      {
        thing: 'a mapping of recipients',
        description: 'From a local part, or a full address, to the login that gets the mail, as in ana: ana@desk',
        examples: [{ test: 'jay', postmaster: 'jay' }],
      },
    ),
    credentials: z.optional(
      mapping(
        {
          user: z.optional(
            text(authUser, {
              description: 'Name under which the gateway authenticates at the relay',
              default: defaults.user,
            }),
          ),
          password: z.optional(password),
        },
        {
          thing: 'credentials',
          description: 'The credentials with which the gateway submits outbound mail to the relay',
          // As "mailuser:secret", which is how smtpd has them, it may be a password.
          isHidden: true,
        },
      ),
    ),
    queue_ttl: z.optional(
      text(duration, {
        description: 'How long mail stays in the queue while the tunnel is down',
        default: defaults.queueTtl,
      }),
    ),
    bounces: z.optional(bounces),
    maildir: z.optional(
      text(maildir, {
        description: "The maildir that mail is delivered to, in the recipient's home directory",
        default: defaults.maildir,
      }),
    ),
    dkim: z.optional(dkim),
    dmarc: z.optional(dmarc),
    tls: z.optional(flag({ description: 'Off only for a first test: plain SMTP inside the tunnel', default: true })),
  },
  { thing: "the mail's settings", description: 'Recipients and transport of mail' },
);
