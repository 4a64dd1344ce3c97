import { dirname, isAbsolute, join } from 'node:path';
import { familyOf, shortAddress } from '../addresses.ts';
import type { Dkim, Dmarc, Fleet, Host, Mail, Named, SshTarget, TunnelEnd } from '../fleet.ts';
import type { CertificateSource, PasswordSource } from '../sources.ts';
import { tunnelPrefixOf } from './address-checks.ts';
import { defaults } from './defaults.ts';
import { filtersFrom } from './filters-schema.ts';
import { passFrom } from './pass-ends.ts';
import { recipientsOf } from './recipients.ts';
import type { Inventory } from './schema.ts';
import type { Site } from './site.ts';
import { destinationOf } from './ssh-formats.ts';
import { isOn } from './value-schemas.ts';

type InventoryHost = Inventory['hosts'][string];
type HostIn<Role> = Extract<InventoryHost, { role: Role }>;

/** Where a file named in the inventory lies: `~/` is `home`, anything relative is beside the inventory. */
type Locate = (path: string) => string;

/**
 * What a checked inventory means; `site` was made of it.
 * @param file path of the inventory; `home` that of the user who runs mailtun
 */
export function fleetFrom(inventory: Inventory, site: Site, file: string, home: string): Fleet {
  const { tunnel = {}, packet_filter: filter = true } = inventory;
  const locate: Locate = path => {
    if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1));
    return isAbsolute(path) ? path : join(dirname(file), path);
  };
  return {
    path: file,
    domains: site.domains,
    tunnel: {
      interface: tunnel.interface ?? defaults.interface,
      port: tunnel.port ?? defaults.port,
      keepaliveSeconds: tunnel.keepalive ?? defaults.keepaliveSeconds,
      presharedKey: isOn(tunnel.preshared_key ?? false),
      mtu: tunnel.mtu ?? null,
    },
    mail: mailFrom(inventory, site, locate),
    packetFilter: {
      enabled: typeof filter === 'object' || isOn(filter),
      fixedSourcePort: typeof filter === 'object' && isOn(filter.fixed_source_port ?? false),
      mx: typeof filter !== 'object' || isOn(filter.mx ?? true),
      pass: passFrom(site, typeof filter === 'object' ? filter.pass : []),
    },
    hosts: Object.entries(inventory.hosts).map(([name, host]) => hostFrom(site, name, host, locate)),
  };
}

function mailFrom(inventory: Inventory, site: Site, locate: Locate): Mail {
  const { credentials, queue_ttl, bounces = defaults.bounces, maildir = defaults.maildir, tls = true } = inventory.mail;
  const { dkim = false, dmarc } = inventory.mail;
  const { mode, warn_intervals } = typeof bounces === 'string' ? { mode: bounces } : bounces;
  const password = credentials?.password;
  return {
    recipients: recipientsOf(site, () => {}),
    credentials: {
      user: credentials?.user ?? defaults.user,
      password: password === undefined ? null : passwordFrom(password, locate),
    },
    queueTtl: queue_ttl ?? defaults.queueTtl,
    bounces: { mode, warnIntervals: mode === 'drop' ? [] : (warn_intervals ?? [defaults.warnInterval]) },
    maildir: maildir.replace(/\/$/, ''),
    tls: isOn(tls),
    dkim: typeof dkim === 'object' || isOn(dkim) ? dkimFrom(typeof dkim === 'object' ? dkim : {}) : null,
    dmarc: dmarc === undefined ? null : dmarcFrom(dmarc),
  };
}

const dmarcFrom = ({ policy, subdomains, reports }: NonNullable<Inventory['mail']['dmarc']>): Dmarc => ({
  policy,
  subdomains: subdomains ?? null,
  reports: reports ?? null,
});

type InventoryDkim = Exclude<NonNullable<Inventory['mail']['dkim']>, boolean | string>;

const dkimFrom = ({ selector, algorithm }: InventoryDkim): Dkim => ({
  selector: selector?.toLowerCase() ?? defaults.selector,
  algorithm: algorithm ?? defaults.dkimAlgorithm,
});

type InventoryPassword = NonNullable<NonNullable<Inventory['mail']['credentials']>['password']>;

function passwordFrom(password: InventoryPassword, locate: Locate): PasswordSource {
  if ('env' in password) return { kind: 'env', name: password.env };
  if ('file' in password) return { kind: 'file', path: locate(password.file) };
  return { kind: 'command', words: password.command };
}

function hostFrom(site: Site, name: string, host: InventoryHost, locate: Locate): Host {
  const common = {
    name,
    ssh: sshFrom(host.ssh, locate),
    ownLines: isOn(host.own_lines ?? false),
    retiring: isOn(host.retiring ?? false),
  };
  switch (host.role) {
    case 'relay':
      return { role: 'relay', ...common, ...relayFrom(host, locate) };
    case 'gateway': {
      const lan = host.lan === undefined ? null : namedFrom(host.lan);
      return {
        role: 'gateway',
        ...common,
        tunnel: tunnelEndFrom(host.tunnel),
        lan,
        domains: site.served.get(name) ?? [],
      };
    }
    case 'workstation':
      return { role: 'workstation', ...common, lan: namedFrom(host.lan), gateway: site.gatewayOf.get(name) ?? '' };
  }
}

const relayFrom = (host: HostIn<'relay'>, locate: Locate) => ({
  endpoint: familyOf(host.endpoint) === null ? host.endpoint.toLowerCase() : shortAddress(host.endpoint),
  tunnel: tunnelEndFrom(host.tunnel),
  mx: host.mx.map(namedFrom),
  outbound: { name: host.outbound.name.toLowerCase(), addresses: host.outbound.addresses.map(shortAddress) },
  certificates: certificatesFrom(host.certificates ?? 'self_signed', locate),
  tlsa: isOn(host.tlsa ?? false),
  filters: filtersFrom(host.filters, host.outbound.filters, locate),
});

function certificatesFrom(source: NonNullable<HostIn<'relay'>['certificates']>, locate: Locate): CertificateSource {
  if (typeof source === 'string') return { kind: source };
  if ('acme' in source) {
    const { contact, directory_url } = source.acme;
    return {
      kind: 'acme',
      contact: contact === undefined ? null : `mailto:${contact.replace(/^mailto:/, '')}`,
      directoryUrl: directory_url ?? defaults.acmeDirectory,
    };
  }
  const files = Object.entries(source.files).map(
    ([name, { cert, key }]) => [name.toLowerCase(), { cert: locate(cert), key: locate(key) }] as const,
  );
  return { kind: 'files', files: Object.fromEntries(files) };
}

const namedFrom = ({ name, address }: { name: string; address: string }): Named => ({
  name: name.toLowerCase(),
  address: shortAddress(address),
});

const tunnelEndFrom = ({ name, address }: { name: string; address: string }): TunnelEnd => ({
  name: name.toLowerCase(),
  ...tunnelPrefixOf(address),
});

function sshFrom(ssh: InventoryHost['ssh'], locate: Locate): SshTarget {
  if (ssh === 'local') return { kind: 'local', become: null };
  const parts = typeof ssh === 'string' ? destinationOf(ssh) : null;
  const destination = typeof ssh === 'string' ? { host: ssh } : ssh;
  const become = destination.become ?? null;
  if (destination.host === 'local') return { kind: 'local', become };
  return {
    kind: 'ssh',
    host: parts?.host ?? destination.host,
    port: parts?.port ?? destination.port ?? null,
    user: parts?.user ?? destination.user ?? null,
    identityFile: destination.identity_file === undefined ? null : locate(destination.identity_file),
    jump: destination.jump ?? null,
    become,
    hostKey: destination.host_key ?? null,
  };
}
