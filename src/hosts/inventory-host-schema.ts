import * as z from 'zod';
import { nearest } from './did-you-mean.ts';
import { quoted } from './inventory-errors.ts';
import { contact, directoryUrl, localPath } from './inventory-settings.ts';
import { choice, either, list, mapping, named, text, wholeNumber } from './inventory-shapes.ts';
import {
  endpoint,
  hostAddress,
  hostName,
  inventoryName,
  mailDomain,
  publicName,
  tunnelAddress,
} from './inventory-words.ts';
import { hostKey, sshDestination, sshHost, sshUser } from './ssh-words.ts';

const ssh = either(
  [
    text(sshDestination, { description: 'local, or what you would type after ssh' }),
    mapping(
      {
        host: text(sshHost, {
          description: 'Name or address; your ssh_config decides what it means. local: this machine',
        }),
        port: wholeNumber('a port', 1, 65_535, { description: 'TCP port of sshd' }).optional(),
        user: text(sshUser, { description: 'Login there' }).optional(),
        identity_file: text(localPath, { description: 'Private key on this machine' }).optional(),
        jump: text(inventoryName, { description: 'A host of this inventory to go through' }).optional(),
        become: choice(['doas'], { description: 'How to become root, where the login is not' }).optional(),
        host_key: text(hostKey, { description: 'The only host key to accept, instead of known_hosts' }).optional(),
      },
      { thing: 'a destination for ssh', description: 'The same in parts' },
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
    name: text(hostName, { description: 'Name of this end of the tunnel; its certificate bears it' }),
    address: text(tunnelAddress, {
      description: 'Address of this end, with a prefix length if that is not 64 (IPv4: 24)',
      examples: ['2001:db8:c1da::2'],
    }),
  },
  { thing: 'a name and an address', description: 'This end of the tunnel' },
);

const lan = mapping(
  {
    name: text(hostName, { description: 'Name in the LAN; its certificate bears it' }),
    address: text(hostAddress, { description: 'Address in the LAN' }),
  },
  { thing: 'a name and an address', description: 'In the LAN of gateway and workstations' },
);

const certificates = either(
  [
    choice(['self_signed'], { description: 'Made on the relay' }),
    mapping(
      {
        acme: mapping(
          {
            contact: text(contact, { description: 'Mail address for the certificate authority' }).optional(),
            directory_url: text(directoryUrl, {
              description: "The authority's ACME directory; Let's Encrypt's if left out",
            }).optional(),
          },
          { thing: 'settings for ACME', description: 'From a certificate authority by acme-client(1)' },
        ),
      },
      { thing: 'certificates', description: 'From a certificate authority' },
    ),
    mapping(
      {
        files: named(
          publicName,
          mapping(
            {
              cert: text(localPath, { description: 'PEM file on this machine: the certificate and its chain' }),
              key: text(localPath, { description: 'PEM file on this machine: the private key, without a passphrase' }),
            },
            { thing: 'a certificate and its key', description: 'Certificate and key for one name' },
          ),
          { thing: 'a mapping of names', description: 'By name' },
        ),
      },
      { thing: 'certificates', description: 'Your own files' },
    ),
  ],
  {
    thing: 'a source of certificates',
    remedy: 'write self_signed, { acme: { contact: … } } or { files: { NAME: { cert: …, key: … } } }',
    description: 'Certificates of the mx and outbound names',
    default: 'self_signed',
  },
);

const relay = mapping(
  {
    role: z.literal('relay').meta({ description: 'Takes mail from the internet' }),
    ssh,
    endpoint: text(endpoint, {
      description: 'Where the gateway sends its WireGuard packets: an address, or a name it can resolve',
      examples: ['192.0.2.25'],
    }),
    tunnel: tunnelEnd,
    mx: list(
      mapping(
        {
          name: text(publicName, { description: 'Name that the MX record of the domain has' }),
          address: text(hostAddress, { description: 'The address it stands for, one of the relay' }),
        },
        { thing: 'a name and an address', description: 'An MX name and its address' },
      ),
      {
        thing: 'a list of MX names',
        remedy: 'write a list with a name and an address in each entry: [{ name: …, address: … }]',
        description: 'Where the relay takes mail from the internet',
      },
    ),
    outbound: mapping(
      {
        name: text(publicName, { description: 'Name under which mail leaves; it should have a PTR record' }),
        addresses: list(text(hostAddress, { description: 'An address of the relay' }), {
          description: 'Addresses from which mail leaves; without an IPv4 address some destinations cannot be reached',
          thing: 'a list of addresses',
          remedy: 'write a list, as in [2001:db8:1234:1234::b17e, 192.0.2.25]',
        }),
      },
      { thing: 'a name and addresses', description: 'How mail leaves the relay' },
    ),
    certificates: certificates.optional(),
  },
  { thing: 'a host', description: 'A machine with static addresses' },
);

const gateway = mapping(
  {
    role: z.literal('gateway').meta({ description: 'The other end of the tunnel' }),
    ssh,
    tunnel: tunnelEnd,
    lan: lan.optional(),
    domains: either(
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
        description: 'The domains whose mail goes to this gateway; needed where there are several gateways',
      },
    ).optional(),
  },
  { thing: 'a host', description: 'A machine at home' },
);

const workstation = mapping(
  {
    role: z.literal('workstation').meta({ description: "Delivers mail in the gateway's LAN" }),
    ssh,
    lan,
    gateway: text(inventoryName, { description: 'Its gateway; needed where there are several' }).optional(),
  },
  { thing: 'a host', description: 'A machine behind a gateway' },
);

/** A host in one of its three roles. */
export const hostSchema = z
  .discriminatedUnion('role', [relay, gateway, workstation], { error: issue => roleSaid(issue.input) })
  .meta({ description: 'A host' });

/** The three roles, in the order in which mail from the internet comes by. */
export const roles = ['relay', 'gateway', 'workstation'] as const;

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
