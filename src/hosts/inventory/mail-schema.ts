import * as z from 'zod/mini';
import { defaults } from './defaults.ts';
import { authUser, deliveryTarget, recipient } from './formats.ts';
import { commandWord, duration, environmentVariable, localPath, maildir, reportAddress, selector } from './settings.ts';
import { choice, either, explained, flag, list, mapping, named, text } from './value-schemas.ts';

const fromEnvironment = mapping(
  { env: text(environmentVariable, { description: 'A variable of the environment mailtun runs in' }) },
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
      'Where the SMTP password comes from. Left out: made on the gateway, and only its hash leaves that machine',
  },
);

function passwordSaid(input: unknown): string {
  const remedy = 'write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or leave it out';
  if (typeof input === 'string' || typeof input === 'number')
    return `a password must not stand here in plain text\n${remedy}`;
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
            description: 'How long mail waits before its sender is told so, with mode: send',
            thing: 'a list of durations',
            remedy: 'write one to four durations, as in [4h, 1d]',
            most: 4,
            default: [defaults.warnInterval],
          }),
        ),
      },
      { thing: 'a way with bounces', description: 'The same, and when to warn' },
    ),
  ],
  {
    thing: 'drop or send',
    remedy: 'write drop, send or { mode: send, warn_intervals: [4h] }',
    description: 'What becomes of bounces; drop is what the article does',
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
            description: "Name of the key in DNS; with several relays the relay's name follows it",
            default: defaults.selector,
          }),
        ),
        algorithm: z.optional(
          choice(['rsa', 'ed25519'], {
            description: 'Kind of the key; not every receiver verifies ed25519',
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
    description:
      'Outbound mail is signed at the relay, by the package opensmtpd-filter-dkimsign, once DNS has the record',
    default: false,
  },
);

const dmarcPolicies = ['none', 'quarantine', 'reject'] as const;

const dmarc = mapping(
  {
    policy: choice(dmarcPolicies, {
      description: 'What receivers are asked to do with mail under your domain that neither SPF nor DKIM vouches for',
    }),
    subdomains: z.optional(
      choice(dmarcPolicies, {
        description: 'The same for mail under subdomains that have no record of their own; left out, as for the domain',
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

/** Who gets mail, and how it travels. */
export const mailSchema = mapping(
  {
    recipients: named(
      recipient,
      text(deliveryTarget, { description: 'A login, or login@host where several hosts deliver' }),
      {
        thing: 'a mapping of recipients',
        description: 'Local part, or a whole address, to the login that gets the mail: ana: ana@desk',
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
          description: 'With which the gateway hands outbound mail to the relay',
          // As "mailuser:secret", which is how smtpd has them, it may be a password.
          isHidden: true,
        },
      ),
    ),
    queue_ttl: z.optional(
      text(duration, {
        description: 'How long mail waits for a tunnel that is down',
        default: defaults.queueTtl,
      }),
    ),
    bounces: z.optional(bounces),
    maildir: z.optional(
      text(maildir, {
        description: "Where mail is delivered, below the recipient's home",
        default: defaults.maildir,
      }),
    ),
    dkim: z.optional(dkim),
    dmarc: z.optional(dmarc),
    tls: z.optional(flag({ description: 'Off only for a first try: plain SMTP inside the tunnel', default: true })),
  },
  { thing: "the mail's settings", description: 'Who gets mail, and how it travels' },
);
