import * as z from 'zod/mini';
import { certificatesSchema } from './certificates-schema.ts';
import { nearest } from './did-you-mean.ts';
import { domainsSchema } from './domains-schema.ts';
import { quoted } from './errors.ts';
import { filtersSchema, programsSchema } from './filters-schema.ts';
import { endpoint, hostAddress, hostName, inventoryName, publicName, tunnelAddress } from './formats.ts';
import { localPath } from './settings.ts';
import { hostKey, sshDestination, sshHost, sshUser } from './ssh-formats.ts';
import { choice, either, explained, flag, list, mapping, text, wholeNumber } from './value-schemas.ts';

const ssh = either(
  [
    text(sshDestination, { description: 'local, or a destination as typed after ssh' }),
    mapping(
      {
        host: text(sshHost, {
          description: 'Name or address; your ssh_config decides what it means. local: this machine',
        }),
        port: z.optional(wholeNumber('a port', 1, 65_535, { description: 'TCP port of sshd' })),
        user: z.optional(text(sshUser, { description: 'Login there' })),
        identity_file: z.optional(text(localPath, { description: 'Private key on this machine' })),
        jump: z.optional(text(inventoryName, { description: 'A host of this inventory to jump through' })),
        become: z.optional(choice(['doas'], { description: 'How to become root if the login is not root' })),
        host_key: z.optional(text(hostKey, { description: 'The only host key to accept, instead of known_hosts' })),
      },
      { thing: 'a destination for ssh', description: 'The destination in parts' },
    ),
  ],
  {
    thing: sshDestination.thing,
    remedy: sshDestination.remedy,
    description: 'How ssh(1) reaches the host, or local',
    examples: ['carinho.lan', 'local', { host: 'mimando.lan', jump: 'carinho' }],
  },
);

const tunnelEnd = mapping(
  {
    name: text(hostName, { description: 'Name of this end of the tunnel; its certificate has this name' }),
    address: text(tunnelAddress, {
      description: 'Address of this end, with a prefix length if that is not 64 (IPv4: 24)',
      examples: ['2001:db8:c1da::2'],
    }),
  },
  { thing: 'a name and an address', description: 'This end of the tunnel' },
);

const lan = mapping(
  {
    name: text(hostName, { description: 'Name in the LAN; its certificate has this name' }),
    address: text(hostAddress, { description: 'Address in the LAN' }),
  },
  { thing: 'a name and an address', description: 'The place in the LAN of gateway and workstations' },
);

const ownLines = z.optional(
  flag({
    description: "Include your own file /etc/mail/smtpd.local.conf in smtpd.conf, before mailtun's rules",
    default: false,
  }),
);

const retiring = z.optional(
  flag({ description: 'Accepts no new mail and hands over what it has, before it is removed', default: false }),
);

const role = <Name extends string>(name: Name, description: string) => explained(z.literal(name), { description });

const relay = mapping(
  {
    role: role('relay', 'Receives mail from the internet'),
    ssh,
    endpoint: text(endpoint, {
      description: 'Where the gateway sends its WireGuard packets: an address, or a name it can resolve',
      examples: ['192.0.2.25'],
    }),
    tunnel: tunnelEnd,
    mx: list(
      mapping(
        {
          name: text(publicName, { description: 'The name in the MX record of the domain' }),
          address: text(hostAddress, { description: 'Its address, one of the relay' }),
        },
        { thing: 'a name and an address', description: 'An MX name and its address' },
      ),
      {
        thing: 'a list of MX names',
        remedy: 'write a list with a name and an address in each entry: [{ name: …, address: … }]',
        description: 'Where the relay receives mail from the internet',
      },
    ),
    outbound: mapping(
      {
        name: text(publicName, { description: 'Name under which mail is sent; it should have a PTR record' }),
        addresses: list(text(hostAddress, { description: 'An address of the relay' }), {
          description: 'Addresses from which mail is sent; without an IPv4 address some destinations cannot be reached',
          thing: 'a list of addresses',
          remedy: 'write a list, as in [2001:db8:1234:1234::b17e, 192.0.2.25]',
        }),
        filters: z.optional(programsSchema('Filter programs for outbound mail')),
      },
      { thing: 'a name and addresses', description: 'How the relay sends mail' },
    ),
    certificates: z.optional(certificatesSchema),
    tlsa: z.optional(
      flag({
        description: 'Publish TLSA records for the mx names; they are used only in zones that are signed with DNSSEC',
        default: false,
      }),
    ),
    filters: z.optional(filtersSchema),
    own_lines: ownLines,
    retiring,
  },
  { thing: 'a host', description: 'A machine with static addresses' },
);

const gateway = mapping(
  {
    role: role('gateway', 'The other end of the tunnel'),
    ssh,
    tunnel: tunnelEnd,
    lan: z.optional(lan),
    domains: z.optional(
      domainsSchema({
        description: 'The domains whose mail goes to this gateway; required if there are several gateways',
      }),
    ),
    own_lines: ownLines,
    retiring,
  },
  { thing: 'a host', description: 'A machine at home' },
);

const workstation = mapping(
  {
    role: role('workstation', "Delivers mail in the gateway's LAN"),
    ssh,
    lan,
    gateway: z.optional(text(inventoryName, { description: 'Its gateway; required if there are several' })),
    own_lines: ownLines,
    retiring,
  },
  { thing: 'a host', description: 'A machine behind a gateway' },
);

/** A host in one of its three roles. */
export const hostSchema = explained(
  z.discriminatedUnion('role', [relay, gateway, workstation], { error: issue => roleSaid(issue.input) }),
  { description: 'A host' },
);

/** The three roles, in the order in which mail from the internet comes by. */
export const roles: readonly string[] = ['relay', 'gateway', 'workstation'];

function roleSaid(input: unknown): string {
  const remedy = 'write relay, gateway or workstation';
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return `${input === null ? 'empty' : `${quoted(input)} is not a host`}\nwrite a mapping that begins with role: relay, gateway or workstation`;
  }
  const role = 'role' in input ? input.role : undefined;
  if (role === undefined) return `missing\n${remedy}`;
  const meant = typeof role === 'string' ? nearest(role, roles) : null;
  return `${quoted(role)} is not a role\n${meant === null ? remedy : `did you mean ${meant}? ${remedy}`}`;
}
