/** The path of mail through a fleet, hop by hop, in the order in which doctor follows it. Pure. */
import {
  type Fleet,
  type Gateway,
  gatewaysOf,
  type Host,
  type Named,
  type Relay,
  relaysOf,
  workstationsOf,
} from '../hosts/fleet.ts';
import { addressesOf, credentialUser, recipientsOf } from '../tasks/neighbours.ts';
import { LAN_CA, VPN_CA } from '../tasks/trust.ts';

/** One hop on the path of mail. */
export type Hop = HostHop | InternetHop | TunnelHop | SmtpHop | MailboxHop | OutsideHop;

/** The host itself. */
interface HostHop {
  readonly kind: 'host';
  readonly host: Host;
}

/** From the internet to the relay's MX. */
export interface InternetHop {
  readonly kind: 'internet';
  readonly relay: Relay;
}

/** The tunnel between a relay and a gateway. */
export interface TunnelHop {
  readonly kind: 'tunnel';
  readonly relay: Relay;
  readonly gateway: Gateway;
}

/** One smtpd hands mail to the next. */
export interface SmtpHop {
  readonly kind: 'smtp';
  readonly direction: 'in' | 'out';
  readonly from: Host;
  readonly to: Host;
  readonly address: string;
  /** The name under which `from` connects to `to`, which the certificate of `to` has to be valid for. */
  readonly name: string;
  /** Certificates that `from` trusts; null where the mail goes without TLS. */
  readonly authority: string | null;
  /** Name of the certificate that `from` shows. */
  readonly shows: string;
  /** User as which `from` authenticates; null for none. */
  readonly user: string | null;
  /** Mail addresses that `to` has to accept. */
  readonly recipients: readonly string[];
  /** The hop leads through the tunnel between these two. */
  readonly tunnel: Omit<TunnelHop, 'kind'> | null;
}

/** Into the maildirs of a host. */
export interface MailboxHop {
  readonly kind: 'mailbox';
  readonly host: Host;
}

/** From the relay to the internet. */
export interface OutsideHop {
  readonly kind: 'outside';
  readonly relay: Relay;
}

/** Inbound first, then outbound; what is nearer to the internet first. */
export function hopsOf(fleet: Fleet): readonly Hop[] {
  const relays = relaysOf(fleet);
  const gateways = gatewaysOf(fleet);
  const tunnels = relays.flatMap(relay => gateways.map(gateway => ({ relay, gateway })));
  const stations = gateways.flatMap(gateway => workstationsOf(fleet, gateway).map(station => ({ gateway, station })));
  const inLan = stations.flatMap(({ gateway, station }) =>
    gateway.lan ? [{ near: { host: gateway, lan: gateway.lan }, far: { host: station, lan: station.lan } }] : [],
  );
  const delivering = fleet.hosts.filter(host => fleet.mail.recipients.some(to => to.host === host.name));
  const host = (one: Host): Hop => ({ kind: 'host', host: one });
  return [
    ...relays.map(host),
    ...relays.map((relay): Hop => ({ kind: 'internet', relay })),
    ...gateways.map(host),
    ...tunnels.map((tunnel): Hop => ({ kind: 'tunnel', ...tunnel })),
    ...tunnels.map(({ relay, gateway }) => inbound(fleet, relay, gateway)),
    ...stations.map(({ station }) => host(station)),
    ...inLan.map(({ near, far }) => lanHop(fleet, 'in', near, far)),
    ...delivering.map((host): Hop => ({ kind: 'mailbox', host })),
    ...inLan.map(({ near, far }) => lanHop(fleet, 'out', far, near)),
    ...tunnels.map(({ relay, gateway }) => outbound(fleet, relay, gateway)),
    ...relays.map((relay): Hop => ({ kind: 'outside', relay })),
  ];
}

/** For people: `namorar ⇄ carinho`. */
export function hopName(hop: Hop): string {
  if (hop.kind === 'host') return hop.host.name;
  if (hop.kind === 'internet') return `internet → ${hop.relay.name}`;
  if (hop.kind === 'tunnel') return `tunnel ${hop.relay.name} ⇄ ${hop.gateway.name}`;
  if (hop.kind === 'mailbox') return `mailboxes on ${hop.host.name}`;
  if (hop.kind === 'outside') return `${hop.relay.name} → internet`;
  return `mail ${hop.from.name} → ${hop.to.name}`;
}

/** The hosts at which a hop begins and ends. */
export function hostsOf(hop: Hop): readonly Host[] {
  if (hop.kind === 'host' || hop.kind === 'mailbox') return [hop.host];
  if (hop.kind === 'internet' || hop.kind === 'outside') return [hop.relay];
  return hop.kind === 'tunnel' ? [hop.relay, hop.gateway] : [hop.from, hop.to];
}

/** More would make the probe slow, and they take the same path. */
const TRIED_RECIPIENTS = 20;

/** Addresses of a host's own recipients, or of all behind a gateway. */
export function triedRecipients(fleet: Fleet, gateway: Gateway, on: Host | null): readonly string[] {
  const recipients = recipientsOf(gateway, fleet).filter(to => on === null || to.host === on.name);
  return recipients.flatMap(to => addressesOf(to, gateway)).slice(0, TRIED_RECIPIENTS);
}

const inbound = (fleet: Fleet, relay: Relay, gateway: Gateway): SmtpHop => ({
  kind: 'smtp',
  direction: 'in',
  from: relay,
  to: gateway,
  address: gateway.tunnel.address,
  name: gateway.tunnel.name,
  authority: fleet.mail.tls ? VPN_CA : null,
  shows: relay.tunnel.name,
  user: null,
  recipients: triedRecipients(fleet, gateway, null),
  tunnel: { relay, gateway },
});

const outbound = (fleet: Fleet, relay: Relay, gateway: Gateway): SmtpHop => ({
  kind: 'smtp',
  direction: 'out',
  from: gateway,
  to: relay,
  address: relay.tunnel.address,
  name: relay.outbound.name,
  authority: fleet.mail.tls ? VPN_CA : null,
  shows: gateway.tunnel.name,
  user: fleet.mail.tls ? credentialUser(gateway, fleet) : null,
  recipients: [],
  tunnel: { relay, gateway },
});

/** A host and what it is called in the LAN. */
interface LanEnd {
  readonly host: Host;
  readonly lan: Named;
}

const lanHop = (fleet: Fleet, direction: SmtpHop['direction'], from: LanEnd, to: LanEnd): SmtpHop => ({
  kind: 'smtp',
  direction,
  from: from.host,
  to: to.host,
  address: to.lan.address,
  name: to.lan.name,
  authority: fleet.mail.tls ? LAN_CA : null,
  shows: from.lan.name,
  user: null,
  recipients: direction === 'in' && from.host.role === 'gateway' ? triedRecipients(fleet, from.host, to.host) : [],
  tunnel: null,
});
