import * as z from 'zod/mini';
import { passSchema } from './pass-schema.ts';
import { flag, mapping, switchOr } from './value-schemas.ts';

const settings = mapping(
  {
    fixed_source_port: z.prefault(
      flag({
        description: `"true" makes the relay accept packets of the tunnel only from the port of the tunnel. Use this only if
          no NAT rewrites the source ports of the gateways.`,
      }),
      false,
    ),
    mx: z.prefault(
      flag({
        description: `"false" leaves it to your own rules who may reach TCP port 25 of the relay's mx addresses. By default
          the anchor passes everybody to it. The anchor is evaluated first and its rules are "quick", so that a table of
          addresses that you block, or a "divert-to" spamd(8), has no effect on that port.`,
      }),
      true,
    ),
    pass: z.optional(passSchema),
  },
  { thing: 'settings of the packet filter', description: 'On, with settings' },
);

/** The key `packet_filter`. */
export const packetFilterSchema = switchOr(settings, {
  remedy: 'write on, off or a mapping, as in { mx: false }',
  description: `"on", "off", or a mapping. A pf(4) anchor of its own passes mail and ping between the ends of the tunnel and
    blocks everything else in it. On a relay it also passes mail from the internet. If the inventory reaches a host with
    ssh(1) through the tunnel, that is passed as well. mailtun never enables or disables pf itself. A "set skip" in
    pf.conf(5) that covers the interface of the tunnel keeps the anchor from being evaluated: the host is then refused,
    and the line is named. "off" removes the anchor.`,
});

/** mailtun's own pf anchor in a checked inventory; the rules of `pass` as they were written. */
export function packetFilterFrom(written: z.output<typeof packetFilterSchema>) {
  const { fixed_source_port, mx, pass } = typeof written === 'object' ? written : z.parse(settings, {});
  return {
    enabled: written !== false,
    /** True only where the inventory says that no NAT rewrites the gateway's source port. */
    fixedSourcePort: fixed_source_port,
    /** Whether a relay's anchor lets TCP 25 in to its mx addresses. */
    mx,
    pass,
  };
}
