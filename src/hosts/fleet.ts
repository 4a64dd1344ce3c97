import type { Named, TunnelEnd } from './inventory/ends-schema.ts';
import type { anyHostFrom } from './inventory/host-schema.ts';
import type { mailFrom } from './inventory/mail-schema.ts';
import type { packetFilterFrom } from './inventory/packet-filter-schema.ts';
import type { Pass } from './inventory/pass-ends.ts';
import type { relayFrom } from './inventory/relay-schema.ts';
import type { tunnelFrom } from './inventory/tunnel-schema.ts';

export type { Named, TunnelEnd } from './inventory/ends-schema.ts';
export type { SshTarget } from './inventory/ssh-schema.ts';

/**
 * What the inventory means: every default filled in, every name resolved to the host it means. Plain data; what a key
 * means is beside its schema.
 */
export interface Fleet {
  /** Where it was read from, for messages. */
  readonly path: string;
  /** Mail domains, lower case, at least one. */
  readonly domains: readonly string[];
  readonly tunnel: Readonly<ReturnType<typeof tunnelFrom>>;
  readonly mail: Mail;
  readonly packetFilter: Readonly<Omit<ReturnType<typeof packetFilterFrom>, 'pass'>> & {
    /** What else may go through the tunnel. */
    readonly pass: readonly Pass[];
  };
  /** In the inventory's order. */
  readonly hosts: readonly Host[];
}

/** The inventory's `mail`. */
export interface Mail extends Readonly<ReturnType<typeof mailFrom>> {
  readonly recipients: readonly Recipient[];
}

/** How outbound mail is signed (RFC 6376). */
export type Dkim = NonNullable<Mail['dkim']>;

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

type AnyHost = Readonly<ReturnType<typeof anyHostFrom>>;

/** The machine with static addresses. */
export interface Relay extends AnyHost, Readonly<ReturnType<typeof relayFrom>> {
  readonly role: 'relay';
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
