import type { Filters, Pass } from './filters.ts';
import type { CertificateSource, PasswordSource } from './sources.ts';

/** What the inventory means: every default filled in, every name resolved to the host it means. Plain data. */
export interface Fleet {
  /** Where it was read from, for messages. */
  readonly path: string;
  /** Mail domains, lower case, at least one. */
  readonly domains: readonly string[];
  readonly tunnel: {
    /** `wg0`. */
    readonly interface: string;
    /** UDP port, 1 to 65535. */
    readonly port: number;
    /** 0 is off. */
    readonly keepaliveSeconds: number;
    readonly presharedKey: boolean;
    /** Bytes; null is the system's. */
    readonly mtu: number | null;
  };
  readonly mail: Mail;
  /** mailtun's own pf anchor. `on` is the default. */
  readonly packetFilter: {
    readonly enabled: boolean;
    /** True only where the inventory says that no NAT rewrites the gateway's source port. */
    readonly fixedSourcePort: boolean;
    /** Whether a relay's anchor lets TCP 25 in to its mx addresses. */
    readonly mx: boolean;
    /** What else may go through the tunnel. */
    readonly pass: readonly Pass[];
  };
  /** In the inventory's order. */
  readonly hosts: readonly Host[];
}

/** The inventory's `mail`. */
export interface Mail {
  readonly recipients: readonly Recipient[];
  readonly credentials: {
    /** Name the gateway authenticates under at the relay. */
    readonly user: string;
    /** Null: made on the gateway. */
    readonly password: PasswordSource | null;
  };
  /** As smtpd.conf(5) writes a duration: `20d`. */
  readonly queueTtl: string;
  readonly bounces: {
    readonly mode: 'drop' | 'send' /** smtpd.conf durations, at most four. */;
    readonly warnIntervals: readonly string[];
  };
  /** Below the recipient's home, no leading or trailing slash: `maildir/in`. */
  readonly maildir: string;
  /** False only for a first try: plain SMTP inside the tunnel. */
  readonly tls: boolean;
  /** Null: outbound mail is not signed. */
  readonly dkim: Dkim | null;
  /** What receivers are asked to do with mail that fails SPF and DKIM (RFC 7489); null: nothing is said. */
  readonly dmarc: Dmarc | null;
}

/** How outbound mail is signed (RFC 6376). */
export interface Dkim {
  /** With several relays the relay's name follows it. */
  readonly selector: string;
  readonly algorithm: 'rsa' | 'ed25519';
}

/** The inventory's `mail.dmarc`. */
export interface Dmarc {
  readonly policy: 'none' | 'quarantine' | 'reject';
  /** For subdomains that have no record of their own; null: the same. */
  readonly subdomains: Dmarc['policy'] | null;
  /** A mail address; null: no reports are asked for. */
  readonly reports: string | null;
}

/** Whose mail is delivered where, and to whom. */
export interface Recipient {
  /** Local part, lower case. */
  readonly local: string;
  /** Null: in every domain of the gateway that serves the host. */
  readonly domain: string | null;
  /** A user of `host`, never root. */
  readonly login: string;
  /** The host that delivers: a workstation, or a gateway that has none. */
  readonly host: string;
}

/** A host of the inventory. */
export type Host = Relay | Gateway | Workstation;

interface AnyHost {
  /** As the inventory calls it: letters, digits, `.`, `-`, `_`. */
  readonly name: string;
  readonly ssh: SshTarget;
  /** Whether its smtpd.conf(5) includes a file of the admin's own. */
  readonly ownLines: boolean;
  /** It takes no more mail from before it, and hands over what it has. */
  readonly retiring: boolean;
}

/** How a host is reached. */
export type SshTarget =
  | { readonly kind: 'local'; readonly become: 'doas' | null }
  | {
      readonly kind: 'ssh';
      /** What would be typed after `ssh`. */
      readonly host: string;
      readonly port: number | null;
      readonly user: string | null;
      readonly identityFile: string | null;
      /** A host of the inventory, or null. */
      readonly jump: string | null;
      readonly become: 'doas' | null;
      /** `SHA256:…`, or null: known_hosts decides. */
      readonly hostKey: string | null;
    };

/** A name and the one address it stands for. Addresses are in the short form of inet_ntop(3), without brackets. */
export interface Named {
  readonly name: string;
  readonly address: string;
}

/** A host's name and address in the tunnel. */
export interface TunnelEnd extends Named {
  /** Of the interface, 1 to 128: 64 for IPv6 and 24 for IPv4 unless given as `address: A/L`. */
  readonly prefixLength: number;
}

/** The machine with static addresses. */
export interface Relay extends AnyHost {
  readonly role: 'relay';
  /** Where gateways send their wg packets: an address or a name. */
  readonly endpoint: string;
  readonly tunnel: TunnelEnd;
  readonly mx: readonly Named[];
  readonly outbound: { readonly name: string; readonly addresses: readonly string[] };
  readonly certificates: CertificateSource;
  /** Whether DNS is to have TLSA records for the keys of its mx names. */
  readonly tlsa: boolean;
  readonly filters: Filters;
}

/** The machine at home that has the tunnel. */
export interface Gateway extends AnyHost {
  readonly role: 'gateway';
  readonly tunnel: TunnelEnd;
  /** Null where it has no workstation and none is named. */
  readonly lan: Named | null;
  /** The domains whose mail goes to this gateway. */
  readonly domains: readonly string[];
}

/** A machine behind a gateway that delivers mail. */
export interface Workstation extends AnyHost {
  readonly role: 'workstation';
  readonly lan: Named;
  /** The gateway's inventory name. */
  readonly gateway: string;
}

/** The relays, in the order of the inventory. */
export const relaysOf = (fleet: Fleet): readonly Relay[] => fleet.hosts.filter(host => host.role === 'relay');
/** The gateways, in the order of the inventory. */
export const gatewaysOf = (fleet: Fleet): readonly Gateway[] => fleet.hosts.filter(host => host.role === 'gateway');
/** The workstations, in the order of the inventory; those of one gateway where it is named. */
export const workstationsOf = (fleet: Fleet, gateway: Gateway): readonly Workstation[] =>
  fleet.hosts.filter(host => host.role === 'workstation').filter(host => host.gateway === gateway.name);
