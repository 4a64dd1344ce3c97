import * as z from 'zod/mini';
import { defaults } from './defaults.ts';
import { domainsSchema } from './domains-schema.ts';
import { inventoryName } from './formats.ts';
import { hostSchema } from './host-schema.ts';
import { mailSchema } from './mail-schema.ts';
import { passSchema } from './pass-schema.ts';
import { wgInterface } from './settings.ts';
import { either, flag, mapping, named, text, wholeNumber } from './value-schemas.ts';

const tunnel = mapping(
  {
    interface: z.optional(
      text(wgInterface, {
        description: 'The wg(4) interface on every relay and gateway',
        default: defaults.interface,
      }),
    ),
    port: z.optional(
      wholeNumber('a port', 1, 65_535, {
        description: 'UDP port of the tunnel on both ends',
        default: defaults.port,
      }),
    ),
    keepalive: z.optional(
      wholeNumber('a keepalive', 0, 43_200, {
        description: 'Seconds between keepalive packets of the gateway; 0 is off',
        default: defaults.keepaliveSeconds,
      }),
    ),
    preshared_key: z.optional(flag({ description: 'Adds a preshared key, made on the gateway', default: false })),
    mtu: z.optional(
      wholeNumber('an MTU', 1280, 9000, {
        description: "The tunnel's MTU in bytes, on both ends; left out, the system's 1420",
      }),
    ),
  },
  { thing: "the tunnel's settings", description: 'The WireGuard tunnel between relays and gateways' },
);

const packetFilter = either(
  [
    flag({ description: 'On or off' }),
    mapping(
      {
        fixed_source_port: z.optional(
          flag({
            description:
              "Whether no NAT rewrites the gateway's source port, so that the relay takes packets from the tunnel's port only",
            default: false,
          }),
        ),
        mx: z.optional(
          flag({
            description:
              "Whether the relay's anchor lets mail in from the internet: TCP 25 to the mx addresses, before any rule of your own",
            default: true,
          }),
        ),
        pass: z.optional(passSchema),
      },
      { thing: 'settings of the packet filter', description: 'On, with settings' },
    ),
  ],
  {
    thing: 'on, off or a mapping',
    remedy: 'write on, off or a mapping, as in { mx: false }',
    description: "mailtun's own pf(4) anchor: what the tunnel may carry",
    default: 'on',
  },
);

/** The inventory's form, before anything is looked at together: what each key may hold, and what it is for. */
export const inventorySchema = mapping(
  {
    domain: domainsSchema({ description: 'The mail domain, or a list of them', examples: ['example.com'] }),
    tunnel: z.optional(tunnel),
    mail: mailSchema,
    packet_filter: z.optional(packetFilter),
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
