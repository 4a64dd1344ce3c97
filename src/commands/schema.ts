import { inventoryJsonSchema } from '../hosts/inventory/schema.ts';

/** The JSON Schema of the inventory, as `mailtun schema` prints it and editors read it: draft 7, ends with a newline. */
export const schemaText = (): string => `${JSON.stringify(inventoryJsonSchema(), null, 2)}\n`;
