import * as z from 'zod/mini';
import { wgInterface } from './settings.ts';
import { flag, mapping, text, wholeNumber } from './value-schemas.ts';

/** The key `tunnel`. */
export const tunnelSchema = mapping(
  {
    interface: z.prefault(text(wgInterface, { description: 'The interface on every relay and gateway.' }), 'wg0'),
    port: z.prefault(wholeNumber('a port', 1, 65_535, { description: 'The UDP port on both ends.' }), 6900),
    keepalive: z.prefault(
      wholeNumber('a keepalive', 0, 43_200, {
        description: 'Seconds between keepalive packets of the gateway; 0 disables them.',
      }),
      15,
    ),
    preshared_key: z.prefault(flag({ description: '"true" adds a preshared key, made on the gateway.' }), false),
    mtu: z.optional(
      wholeNumber('an MTU', 1280, 9000, {
        description: `The MTU of the tunnel in bytes on both ends, 1280 to 9000. A line with an MTU below 1500, as with
          PPPoE or DS-Lite, may need 1280. If not set, the system's default of 1420 is used.`,
      }),
    ),
  },
  { thing: "the tunnel's settings", description: 'The wg(4) tunnel between relays and gateways.' },
);

/** The tunnel of a checked inventory. */
export const tunnelFrom = (written: z.output<typeof tunnelSchema> = z.parse(tunnelSchema, {})) => ({
  interface: written.interface,
  port: written.port,
  /** 0 is off. */
  keepaliveSeconds: written.keepalive,
  presharedKey: written.preshared_key,
  /** Bytes; null is the system's. */
  mtu: written.mtu ?? null,
});
