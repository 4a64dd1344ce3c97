/** Names with addresses: the ends of the tunnel, the places in a LAN, and the names under which a relay receives mail. */
import { familyOf, type Prefix, shortAddress } from '../addresses.ts';
import { hostAddress, hostName, publicName, tunnelAddress } from './formats.ts';
import { list, mapping, text } from './value-schemas.ts';

/** The key `tunnel` of a host. */
export const tunnelEndSchema = mapping(
  {
    name: text(hostName, { description: 'The name in the certificate of this end.' }),
    address: text(tunnelAddress, {
      description: 'An IPv6 or IPv4 address, with a prefix length if that is not 64 or 24.',
      examples: ['2001:db8:c1da::2'],
    }),
  },
  { thing: 'a name and an address', description: 'Of a relay and a gateway: its end of the tunnel.' },
);

/** The key `lan` of a host. */
export const lanSchema = mapping(
  {
    name: text(hostName, { description: 'The name in its certificate.' }),
    address: text(hostAddress, { description: 'An IPv6 or IPv4 address.' }),
  },
  {
    thing: 'a name and an address',
    description: 'Of a gateway that has workstations, and of a workstation: its place in the LAN.',
  },
);

/** The key `mx` of a relay. */
export const mxSchema = list(
  mapping(
    {
      name: text(publicName, { description: 'The name in the MX record of the domain.' }),
      address: text(hostAddress, {
        description: `Its address. If a provider translates a public address to a private address of the relay (1:1 NAT), use
          the private one here and in "outbound", and the public one as "endpoint" and in DNS.`,
      }),
    },
    { thing: 'a name and an address', description: 'An MX name and its address' },
  ),
  {
    thing: 'a list of MX names',
    remedy: 'write a list with a name and an address in each entry: [{ name: …, address: … }]',
    description: 'Of a relay: a list of the names under which mail is received.',
  },
);

/** A name in lower case and the one address it stands for, in the short form of inet_ntop(3), without brackets. */
export interface Named {
  readonly name: string;
  readonly address: string;
}

/** A host's name and address in the tunnel. */
export interface TunnelEnd extends Named {
  /** Of the interface, 1 to 128. */
  readonly prefixLength: number;
}

/** A name and an address, as an inventory has them. */
export const namedFrom = ({ name, address }: Named): Named => ({
  name: name.toLowerCase(),
  address: shortAddress(address),
});

/** The same with the prefix length of the address. */
export const tunnelEndFrom = ({ name, address }: Named): TunnelEnd => ({
  name: name.toLowerCase(),
  ...tunnelPrefixOf(address),
});

/** A tunnel address of the inventory, with its prefix length or the default one: 64 for IPv6, 24 for IPv4. */
export function tunnelPrefixOf(text: string): Prefix {
  const [address = '', length] = text.split('/');
  const usual = familyOf(address) === 4 ? 24 : 64;
  return { address: shortAddress(address), prefixLength: length === undefined ? usual : Number(length) };
}
