import * as z from 'zod/mini';
import { familyOf, shortAddress } from '../addresses.ts';
import { certificatesFrom, certificatesSchema } from './certificates-schema.ts';
import { mxSchema, namedFrom, tunnelEndFrom, tunnelEndSchema } from './ends-schema.ts';
import { filtersFrom, filtersSchema, programsSchema } from './filters-schema.ts';
import { endpoint, hostAddress, publicName } from './formats.ts';
import { flag, list, mapping, text } from './value-schemas.ts';

const outbound = mapping(
  {
    name: text(publicName, { description: 'The name in HELO; it should have a PTR record.' }),
    addresses: list(text(hostAddress, { description: 'An address of the relay' }), {
      description: `A list of addresses that mail is sent from, used in turn. Without an IPv4 address, mail for hosts that
        have only IPv4 stays in the queue.`,
      thing: 'a list of addresses',
      remedy: 'write a list, as in [2001:db8:1234:1234::b17e, 192.0.2.25]',
    }),
    filters: z.optional(programsSchema('A list of filter programs for outbound mail, as in "programs" of "filters".')),
  },
  { thing: 'a name and addresses', description: 'Of a relay: how mail is sent.' },
);

/** What only a relay has. */
export const relayKeys = {
  endpoint: text(endpoint, {
    description: `Of a relay: the address to which gateways send their WireGuard packets. An address is better than a name,
      which a gateway may not be able to resolve at boot.`,
    examples: ['192.0.2.25'],
  }),
  tunnel: tunnelEndSchema,
  mx: mxSchema,
  outbound,
  certificates: z.prefault(certificatesSchema, 'self_signed'),
  tlsa: z.prefault(
    flag({
      description: `Publish TLSA records (RFC 7672) of the form "3 1 1" for the mx names; "mailtun dns" prints them. They are
        used only in a zone that is signed with DNSSEC. The key of a name is kept when its certificate is renewed, so its
        record does not change. If "certificates" are your own files, keep the key, or publish the record of the next key
        some time before you use it: otherwise senders that use DANE do not deliver.`,
    }),
    false,
  ),
  filters: z.optional(filtersSchema),
};

const schema = z.object(relayKeys);

/** What only a relay of a checked inventory has; `locate` finds a file that it names. */
export const relayFrom = (host: z.output<typeof schema>, locate: (path: string) => string) => ({
  /** Where gateways send their wg packets: an address or a name. */
  endpoint: familyOf(host.endpoint) === null ? host.endpoint.toLowerCase() : shortAddress(host.endpoint),
  tunnel: tunnelEndFrom(host.tunnel),
  mx: host.mx.map(namedFrom),
  outbound: { name: host.outbound.name.toLowerCase(), addresses: host.outbound.addresses.map(shortAddress) },
  certificates: certificatesFrom(host.certificates, locate),
  /** Whether DNS is to have TLSA records for the keys of its mx names. */
  tlsa: host.tlsa,
  filters: filtersFrom(host.filters, host.outbound.filters, locate),
});
