import * as z from 'zod';
import { hostSchema } from './inventory-host-schema.ts';
import { commandWord, duration, environmentVariable, localPath, maildir, wgInterface } from './inventory-settings.ts';
import { choice, either, flag, list, mapping, named, text, wholeNumber } from './inventory-shapes.ts';
import { authUser, deliveryTarget, inventoryName, mailDomain, recipient } from './inventory-words.ts';

/** What the inventory says where it says nothing. */
export const defaults = {
  interface: 'wg0',
  port: 6900,
  keepaliveSeconds: 15,
  user: 'mailuser',
  queueTtl: '20d',
  bounces: 'drop',
  warnInterval: '4h',
  maildir: 'maildir/in',
  acmeDirectory: 'https://acme-v02.api.letsencrypt.org/directory',
} as const;

const tunnel = mapping(
  {
    interface: text(wgInterface, {
      description: 'The wg(4) interface on every relay and gateway',
      default: defaults.interface,
    }).optional(),
    port: wholeNumber('a port', 1, 65_535, {
      description: 'UDP port of the tunnel on both ends',
      default: defaults.port,
    }).optional(),
    keepalive: wholeNumber('a keepalive', 0, 43_200, {
      description: 'Seconds between keepalive packets of the gateway; 0 is off',
      default: defaults.keepaliveSeconds,
    }).optional(),
    preshared_key: flag({ description: 'Adds a preshared key, made on the gateway', default: false }).optional(),
  },
  { thing: "the tunnel's settings", description: 'The WireGuard tunnel between relays and gateways' },
);

/** Says nothing of the value: it may be a password. */
const password = z
  .union(
    [
      mapping(
        { env: text(environmentVariable, { description: 'A variable of the environment mailtun runs in' }) },
        { thing: 'a source', description: 'From the environment' },
      ),
      mapping(
        { file: text(localPath, { description: 'A file on this machine; its first line is the password' }) },
        { thing: 'a source', description: 'From a file' },
      ),
      mapping(
        {
          command: list(text(commandWord, { description: 'A word' }), {
            description: 'A command on this machine; the first line it prints is the password',
            thing: 'a list of words',
            remedy: 'write the words of the command as a list, as in [pass, show, mail]',
            examples: [['pass', 'show', 'mail']],
          }),
        },
        { thing: 'a source', description: 'From a command' },
      ),
    ],
    { error: issue => passwordSaid(issue.input) },
  )
  .meta({
    description:
      'Where the SMTP password comes from. Left out: made on the gateway, and only its hash leaves that machine',
  });

function passwordSaid(input: unknown): string {
  const remedy = 'write { env: NAME }, { file: PATH } or { command: [pass, show, mail] }, or leave it out';
  if (typeof input === 'string' || typeof input === 'number')
    return `a password must not stand here in plain text\n${remedy}`;
  return `this says nowhere to get the password from\n${remedy}`;
}

const bounces = either(
  [
    choice(['drop', 'send'], { description: 'Drop bounces, or send them' }),
    mapping(
      {
        mode: choice(['drop', 'send'], { description: 'Drop bounces, or send them' }),
        warn_intervals: list(text(duration, { description: 'A duration' }), {
          description: 'How long mail waits before its sender is told so, with mode: send',
          thing: 'a list of durations',
          remedy: 'write one to four durations, as in [4h, 1d]',
          most: 4,
          default: [defaults.warnInterval],
        }).optional(),
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

const mail = mapping(
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
    credentials: mapping(
      {
        user: text(authUser, {
          description: 'Name under which the gateway authenticates at the relay',
          default: defaults.user,
        }).optional(),
        password: password.optional(),
      },
      { thing: 'credentials', description: 'With which the gateway hands outbound mail to the relay' },
    ).optional(),
    queue_ttl: text(duration, {
      description: 'How long mail waits for a tunnel that is down',
      default: defaults.queueTtl,
    }).optional(),
    bounces: bounces.optional(),
    maildir: text(maildir, {
      description: "Where mail is delivered, below the recipient's home",
      default: defaults.maildir,
    }).optional(),
    tls: flag({ description: 'Off only for a first try: plain SMTP inside the tunnel', default: true }).optional(),
  },
  { thing: "the mail's settings", description: 'Who gets mail, and how it travels' },
);

const packetFilter = either(
  [
    flag({ description: 'On or off' }),
    mapping(
      {
        fixed_source_port: flag({
          description:
            "Whether no NAT rewrites the gateway's source port, so that the relay takes packets from the tunnel's port only",
          default: false,
        }).optional(),
      },
      { thing: 'settings of the packet filter', description: 'On, with settings' },
    ),
  ],
  {
    thing: 'on, off or a mapping',
    remedy: 'write on, off or { fixed_source_port: true }',
    description: "mailtun's own pf(4) anchor: what the tunnel may carry",
    default: 'on',
  },
);

/** The inventory's form, before anything is looked at together: what each key may hold, and what it is for. */
export const inventorySchema = mapping(
  {
    domain: either(
      [
        text(mailDomain, { description: 'A mail domain' }),
        list(text(mailDomain, { description: 'A mail domain' }), {
          description: 'Several',
          thing: 'a list of mail domains',
          remedy: mailDomain.remedy,
        }),
      ],
      {
        thing: mailDomain.thing,
        remedy: mailDomain.remedy,
        description: 'The mail domain, or a list of them',
        examples: ['example.com'],
      },
    ),
    tunnel: tunnel.optional(),
    mail,
    packet_filter: packetFilter.optional(),
    hosts: named(inventoryName, hostSchema, {
      thing: 'a mapping of hosts',
      description:
        "The hosts: a relay, a gateway, and the gateway's workstations, each under the name it is called by here",
    }),
  },
  { thing: 'an inventory', description: 'Inventory of mailtun: mail to a machine without a static address' },
);

/** An inventory that fits the schema. */
export type Inventory = z.input<typeof inventorySchema>;

/** The schema for editors (JSON Schema, draft 7). */
export const inventoryJsonSchema = (): object => z.toJSONSchema(inventorySchema, { io: 'input', target: 'draft-7' });
