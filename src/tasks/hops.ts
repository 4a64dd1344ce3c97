/** What a host accepts from its neighbours and sends to them: what two hosts have to agree on. Pure. */
import { familyOf } from '../hosts/addresses.ts';
import { type Fleet, type Gateway, gatewaysOf, type Host, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import type { Limited } from './message-limits.ts';
import { addressesOf, addressesThrough, credentialUser, deliveredHere, gatewayOf, recipientsOf } from './neighbours.ts';
import type { Sharing } from './preshared-key.ts';
import type { RootView } from './root-mail.ts';

/** `either`: STARTTLS is offered, and mail without TLS is accepted as well. */
export type Takes = 'plain' | 'either' | 'tls';
/** How mail is sent. */
export type Sends = 'plain' | 'tls';
/** The side on which a neighbour connects to a host. */
export type Side = 'tunnel' | 'lan';

/** Whose mail is accepted in the LAN. `anywhere`: from any address, if the client presents a neighbour's certificate. */
export type From = 'anywhere' | ReadonlySet<string>;

/** What two neighbours have to agree on, seen from one of them. */
export interface Hops {
  /** The role that the host has by its smtpd.conf(5); null: mailtun did not write it. */
  readonly role: Host['role'] | null;
  /**
   * Where mail to an address goes: a host's name, or `HOST/LOGIN` where it is delivered; other mail is refused. The key
   * `@DOMAIN` is all other mail of a domain, which only a hand-made smtpd.conf forwards.
   */
  readonly routes: ReadonlyMap<string, string>;
  /** No entry: it does not listen there, so connections are refused and mail waits. */
  readonly takes: Readonly<Partial<Record<Side, Takes>>>;
  /** By the neighbour's name; no entry: it sends it nothing. */
  readonly sends: ReadonlyMap<string, Sends>;
  /** Of a relay: those whose password it can check. Of a gateway: those it authenticates as. */
  readonly users: ReadonlySet<string>;
  /** Empty where there is no LAN. */
  readonly from: From;
  /** Of a gateway: the domains for whose users it sends mail from its LAN. */
  readonly senders: ReadonlySet<string>;
  /** Domains of which it refuses all mail that it has no route for; before, such mail goes out to their MX. */
  readonly refuses: ReadonlySet<string>;
  /** By the neighbour's name, of those in the LAN: the own address that it is sent from; null: as the kernel chooses. */
  readonly binds: ReadonlyMap<string, string | null>;
}

/** The inventory as tasks see it: `agreed` is the state that is possible now, if the wanted one is not yet. */
export interface View extends Sharing, RootView, Limited {
  readonly agreed?: Hops;
  /** What smtpd uses now, if known: it must not be removed. */
  readonly inForce?: Hops;
  /** True: smtpd.conf(5) stays as it is for now, so smtpd is only started again where files that it reads have changed. */
  readonly isPut?: boolean;
  /** Hosts that would wait for this one as it does for them, and for ever. */
  readonly circle?: readonly string[] | undefined;
  /** Which certificates relays go on presenting for their outbound names, by the relay's name. */
  readonly presented?: ReadonlyMap<string, { readonly isVouched: boolean; readonly until: string }>;
  /** A relay that the run cannot change: it would go on with the password that it knows. */
  readonly relayAway?: string | undefined;
  /** True: a host speaks TLS to its neighbours, whatever the inventory says. */
  readonly stillTls?: boolean;
  /** Retiring hosts that accept no mail any more and have none left. */
  readonly emptied?: ReadonlySet<string>;
  /** Addresses on the interfaces of all hosts that could be asked: who has one is not gone. */
  readonly present?: ReadonlySet<string>;
  /** By host name the addresses on its interfaces, of the hosts that could be asked. */
  readonly holders?: ReadonlyMap<string, ReadonlySet<string>>;
  /** True: the result of a run is judged, after smtpd has been restarted with the file that is wanted. */
  readonly isRestarted?: boolean;
}

/** Whether certificates are needed in the tunnel and the LAN: wanted, or in use until every host has changed. */
export const needsTls = ({ mail, stillTls = false }: View): boolean => mail.tls || stillTls;

/** Whether a host accepts or sends anything with TLS. */
export const speaksTls = ({ takes, sends }: Hops): boolean =>
  [takes.tunnel, takes.lan].some(one => one === 'tls' || one === 'either') || [...sends.values()].includes('tls');

/** Results are kept: each neighbour of a gateway needs those of the gateway again, and a fleet never changes. */
const workedOut = new WeakMap<Fleet, Map<Host, Hops>>();

/** The state of the inventory, when every host has changed. */
export function wantedHops(host: Host, fleet: Fleet): Hops {
  const known = workedOut.get(fleet) ?? new Map<Host, Hops>();
  const hops = known.get(host) ?? allHops(host, fleet);
  workedOut.set(fleet, known.set(host, hops));
  return hops;
}

function allHops(host: Host, fleet: Fleet): Hops {
  const mode = fleet.mail.tls ? 'tls' : 'plain';
  return {
    role: host.role,
    routes: new Map(routesOf(host, fleet)),
    takes: Object.fromEntries(sidesOf(host, fleet).map(side => [side, mode])),
    sends: new Map(receiversOf(host, fleet).map(({ host: to }) => [to.name, mode])),
    users: new Set(fleet.mail.tls ? usersOf(host, fleet) : []),
    from: !sidesOf(host, fleet).includes('lan') ? new Set() : fleet.mail.tls ? 'anywhere' : lanSources(host, fleet),
    senders: new Set(host.role === 'gateway' && sidesOf(host, fleet).includes('lan') ? host.domains : []),
    refuses: new Set(host.role === 'workstation' ? [] : host.role === 'gateway' ? host.domains : fleet.domains),
    binds: new Map(
      receiversOf(host, fleet).flatMap(({ host: to, side }) => (side === 'lan' ? [[to.name, bindTo(to, host)]] : [])),
    ),
  };
}

const lanAddress = (host: Host): string | null => (host.role === 'relay' ? null : (host.lan?.address ?? null));
/** The addresses of the hosts that send mail to a host in its LAN. */
const lanSources = (host: Host, fleet: Fleet): ReadonlySet<string> =>
  new Set(sendersTo(host, 'lan', fleet).flatMap(sender => lanAddress(sender) ?? []));

/** Of the same family, or it cannot be reached from there. */
function bindTo(receiver: Host, sender: Host): string | null {
  const [own, far] = [lanAddress(sender), lanAddress(receiver)];
  return own !== null && far !== null && familyOf(own) === familyOf(far) ? own : null;
}

/** What a host agrees on now: as far as its neighbours allow, or as in the inventory. */
export const hopsOf = (host: Host, fleet: View): Hops => fleet.agreed ?? wantedHops(host, fleet);

/** The neighbours that a host sends mail to, and the side on which they receive it. */
export function receiversOf(host: Host, fleet: Fleet): readonly { readonly host: Host; readonly side: Side }[] {
  if (host.role === 'relay') return gatewaysOf(fleet).map(to => ({ host: to, side: 'tunnel' }));
  if (host.role === 'workstation') return [{ host: gatewayOf(host, fleet), side: 'lan' }];
  return [
    ...relaysOf(fleet).map(to => ({ host: to, side: 'tunnel' as const })),
    ...stationsOf(host, fleet).map(to => ({ host: to, side: 'lan' as const })),
  ];
}

/** The neighbours that send mail to a host on one of its sides. */
export function sendersTo(host: Host, side: Side, fleet: Fleet): readonly Host[] {
  if (host.role === 'relay') return gatewaysOf(fleet);
  if (host.role === 'workstation') return [gatewayOf(host, fleet)];
  return side === 'tunnel' ? relaysOf(fleet) : stationsOf(host, fleet);
}

/** The sides of a host on which neighbours connect. */
export function sidesOf(host: Host, fleet: Fleet): readonly Side[] {
  if (host.role !== 'gateway') return [host.role === 'relay' ? 'tunnel' : 'lan'];
  return stationsOf(host, fleet).length > 0 ? ['tunnel', 'lan'] : ['tunnel'];
}

/** The workstations of a gateway that has a name in their LAN. */
export const stationsOf = (gateway: Gateway, fleet: Fleet): ReturnType<typeof workstationsOf> =>
  gateway.lan ? workstationsOf(fleet, gateway) : [];

/** `mimando/jay`: delivered there to this login. */
export const delivery = (host: string, login: string): string => `${host}/${login}`;

/** The login of a delivery; null where mail goes on to another host. */
export const loginOf = (route: string): string | null =>
  route.includes('/') ? route.slice(route.indexOf('/') + 1) : null;

/** What a host delivers itself, to whom. */
export const deliveriesOf = (
  host: Host,
  fleet: View,
): readonly { readonly address: string; readonly login: string }[] =>
  [...hopsOf(host, fleet).routes].flatMap(([address, route]) => {
    const login = loginOf(route);
    return login === null ? [] : [{ address, login }];
  });

/** The key of the routes for all other mail of an address' domain. */
export const restOf = (address: string): string => address.slice(address.lastIndexOf('@'));

/** Whether a key of the routes is for all other mail of a domain. */
export const isRest = (address: string): boolean => address.startsWith('@');

/** Where mail to an address goes, in whichever of the two forms; undefined: it is refused. */
export const routeFor = (address: string, routes: Hops['routes']): string | undefined =>
  routes.get(address) ?? routes.get(restOf(address));

/** Domains whose other mail all goes to a neighbour. */
export const restTo = (to: Host, host: Host, fleet: View): readonly string[] =>
  [...hopsOf(host, fleet).routes].flatMap(([address, route]) =>
    isRest(address) && route === to.name ? [address.slice(1)] : [],
  );

/** Addresses whose mail goes on to a neighbour, or is delivered here where that is the host itself. */
export const addressesTo = (to: Host, host: Host, fleet: View): readonly string[] =>
  [...hopsOf(host, fleet).routes].flatMap(([address, route]) =>
    !isRest(address) && (loginOf(route) === null ? route : host.name) === to.name ? [address] : [],
  );

function routesOf(host: Host, fleet: Fleet): readonly (readonly [string, string])[] {
  if (host.role === 'relay')
    return gatewaysOf(fleet).flatMap(gateway =>
      addressesThrough(gateway, fleet).map(address => [address, gateway.name] as const),
    );
  const gateway = host.role === 'gateway' ? host : gatewayOf(host, fleet);
  const recipients = host.role === 'gateway' ? recipientsOf(host, fleet) : deliveredHere(host, fleet);
  return recipients.flatMap(to => {
    const next = to.host === host.name ? delivery(host.name, to.login) : to.host;
    return addressesOf(to, gateway).map(address => [address, next] as const);
  });
}

function usersOf(host: Host, fleet: Fleet): readonly string[] {
  if (host.role === 'workstation') return [];
  return (host.role === 'gateway' ? [host] : gatewaysOf(fleet)).map(gateway => credentialUser(gateway, fleet));
}
