import * as z from 'zod/mini';
import { domainsSchema } from './domains-schema.ts';
import { inventoryName } from './formats.ts';
import { hostSchema } from './host-schema.ts';
import { mailSchema } from './mail-schema.ts';
import { packetFilterSchema } from './packet-filter-schema.ts';
import { tunnelSchema } from './tunnel-schema.ts';
import { mapping, named } from './value-schemas.ts';

/** The schema of the inventory: what each key may contain, its default, and what it is for. */
export const inventorySchema = mapping(
  {
    domain: domainsSchema({ description: 'The mail domain, or a list of mail domains.', examples: ['example.com'] }),
    tunnel: z.optional(tunnelSchema),
    mail: mailSchema,
    packet_filter: z.prefault(packetFilterSchema, 'on'),
    hosts: named(inventoryName, hostSchema, {
      thing: 'a mapping of hosts',
      description: `The hosts, by the name that they have in the inventory and in messages. There may be several of each
        role.`,
    }),
  },
  { thing: 'an inventory', description: 'Inventory of mailtun: mail to a machine without a static address' },
);

/** An inventory as it is written. */
export type WrittenInventory = z.input<typeof inventorySchema>;

/** An inventory that fits the schema, with the defaults of keys that were left out. */
export type Inventory = z.output<typeof inventorySchema>;

/** The schema for editors (JSON Schema, draft 7). */
export const inventoryJsonSchema = (): object => z.toJSONSchema(inventorySchema, { io: 'input', target: 'draft-7' });
