/** Which hosts are neighbours on the path of mail. Pure. */
import {
  type Fleet,
  type Gateway,
  gatewaysOf,
  type Host,
  type Recipient,
  type Relay,
  relaysOf,
  type Workstation,
  workstationsOf,
} from '../hosts/fleet.ts';

/** A host with an end of the tunnel. */
export type TunnelHost = Relay | Gateway;

/** Whether a host has an end of the tunnel. */
export const isTunnelHost = (host: Host): host is TunnelHost => host.role !== 'workstation';

/** The other ends of a host's tunnels: every gateway has one with every relay. */
export const peersOf = (host: TunnelHost, fleet: Fleet): readonly TunnelHost[] =>
  host.role === 'relay' ? gatewaysOf(fleet) : relaysOf(fleet);

/** Those that are available; all of them if none is: a host needs at least one. */
export function presentOf<T>(all: readonly T[], isLacking: (one: T) => boolean): readonly T[] {
  const present = all.filter(one => !isLacking(one));
  return present.length > 0 ? present : all;
}

/** @throws Error where the inventory was not checked. */
export function gatewayOf(host: Workstation, fleet: Fleet): Gateway {
  const gateway = gatewaysOf(fleet).find(candidate => candidate.name === host.gateway);
  if (!gateway) throw new Error(`${host.name} has no gateway`);
  return gateway;
}

/** Who is behind a gateway, and of which hosts and recipients that is true. */
interface Behind {
  readonly hosts: Fleet['hosts'];
  readonly all: readonly Recipient[];
  readonly recipients: readonly Recipient[];
  readonly addresses: readonly string[];
}

/** The last of each gateway: every one of its workstations asks for the same. */
const lastBehind = new WeakMap<Gateway, Behind>();

function behind(gateway: Gateway, fleet: Fleet): Behind {
  const { hosts, mail } = fleet;
  const all = mail.recipients;
  const last = lastBehind.get(gateway);
  if (last?.hosts === hosts && last.all === all) return last;
  const names = new Set([gateway.name, ...workstationsOf(fleet, gateway).map(host => host.name)]);
  const recipients = all.filter(recipient => names.has(recipient.host));
  const found = { hosts, all, recipients, addresses: recipients.flatMap(to => addressesOf(to, gateway)) };
  lastBehind.set(gateway, found);
  return found;
}

/** The recipients whose mail goes to this gateway, its own and its workstations'. */
export const recipientsOf = (gateway: Gateway, fleet: Fleet): readonly Recipient[] => behind(gateway, fleet).recipients;

/** Full addresses of a recipient: `test@example.com`, in each domain that it has. */
export const addressesOf = (recipient: Recipient, gateway: Gateway): readonly string[] =>
  (recipient.domain === null ? gateway.domains : [recipient.domain]).map(domain => `${recipient.local}@${domain}`);

/** Of every recipient behind a gateway. */
export const addressesThrough = (gateway: Gateway, fleet: Fleet): readonly string[] => behind(gateway, fleet).addresses;

/** The domain of a mail address, in lower case. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** Whether a name is a domain or below it; both in lower case. */
export const isBelow = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

/** The domains of some addresses: those in `first` before others. */
export const domainsIn = (addresses: readonly string[], first: readonly string[]): readonly string[] => [
  ...new Set([...first, ...addresses.map(domainOf)]),
];

/** Where root's mail goes: the postmaster, or the first recipient. */
export function postmaster(fleet: Fleet, gateway: Gateway): { readonly address: string; readonly to: Recipient } {
  const owner = withRecipients(gateway, fleet);
  const recipients = recipientsOf(owner, fleet);
  const to = recipients.find(recipient => recipient.local === 'postmaster') ?? recipients[0];
  const [address] = to ? addressesOf(to, owner) : [];
  if (!to || address === undefined) throw new Error(`${gateway.name} has no recipients`);
  return { address, to };
}

/** A retiring gateway may have no recipients any more. */
const withRecipients = (gateway: Gateway, fleet: Fleet): Gateway =>
  [gateway, ...gatewaysOf(fleet)].find(one => recipientsOf(one, fleet).length > 0) ?? gateway;

/** The gateway that a host sends root's mail to, or itself. */
export function mailGatewayOf(host: Host, fleet: Fleet): Gateway {
  if (host.role === 'gateway') return host;
  if (host.role === 'workstation') return gatewayOf(host, fleet);
  const [gateway] = gatewaysOf(fleet);
  if (!gateway) throw new Error(`${host.name} has no gateway`);
  return gateway;
}

/** The recipients that this host delivers to. */
export const deliveredHere = (host: Host, fleet: Fleet): readonly Recipient[] =>
  host.role === 'relay' ? [] : fleet.mail.recipients.filter(to => to.host === host.name);

/** The user name that a gateway authenticates with; with several gateways its name is appended. */
export const credentialUser = (gateway: Gateway, fleet: Fleet): string =>
  gatewaysOf(fleet).length === 1 ? fleet.mail.credentials.user : `${fleet.mail.credentials.user}-${gateway.name}`;

/** The users that mail is delivered to on a host. */
export const loginsAt = (host: Host, fleet: Fleet): readonly string[] => [
  ...new Set(deliveredHere(host, fleet).map(to => to.login)),
];
