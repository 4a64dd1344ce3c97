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
      text(wgInterface, { description: 'The wg(4) interface on every relay and gateway', default: defaults.interface }),
    ),
    port: z.optional(
      wholeNumber('a port', 1, 65_535, { description: 'UDP port of the tunnel on both ends', default: defaults.port }),
    ),
    keepalive: z.optional(
      wholeNumber('a keepalive', 0, 43_200, {
        description: 'Seconds between keepalive packets of the gateway; 0 disables them',
        default: defaults.keepaliveSeconds,
      }),
    ),
    preshared_key: z.optional(flag({ description: 'Adds a preshared key, made on the gateway', default: false })),
    mtu: z.optional(
      wholeNumber('an MTU', 1280, 9000, {
        description: "The MTU of the tunnel in bytes, on both ends; if not set, the system's default of 1420",
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
              "Accept packets of the tunnel on the relay only from the tunnel's port; only if no NAT rewrites the gateway's source port",
            default: false,
          }),
        ),
        mx: z.optional(
          flag({
            description:
              'Pass mail from the internet on the relay: TCP port 25 to the mx addresses, before your own rules',
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
    description: "mailtun's pf(4) anchor: what may pass the tunnel",
    default: 'on',
  },
);

/** The schema of the inventory: what each key may contain, and what it is for. */
export const inventorySchema = mapping(
  {
    domain: domainsSchema({ description: 'The mail domain, or a list of them', examples: ['example.com'] }),
    tunnel: z.optional(tunnel),
    mail: mailSchema,
    packet_filter: z.optional(packetFilter),
    hosts: named(inventoryName, hostSchema, {
      thing: 'a mapping of hosts',
      description:
        "The hosts: a relay, a gateway, and the gateway's workstations, each under its name in this inventory",
    }),
  },
  { thing: 'an inventory', description: 'Inventory of mailtun: mail to a machine without a static address' },
);

/** An inventory that fits the schema. */
export type Inventory = z.input<typeof inventorySchema>;

/** The schema for editors (JSON Schema, draft 7). */
export const inventoryJsonSchema = (): object => z.toJSONSchema(inventorySchema, { io: 'input', target: 'draft-7' });
