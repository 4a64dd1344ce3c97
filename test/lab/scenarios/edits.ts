/** Edits of an inventory, drawn by a seed. Each gives another one, which `fitted` makes valid, or null where it does not apply. */

export interface Named {
  name: string;
  address: string;
}

export interface Draft {
  domain: string[];
  tunnel: Record<string, unknown>;
  mail: {
    recipients: Record<string, string>;
    credentials: { user: string; [key: string]: unknown };
    tls: boolean;
    [key: string]: unknown;
  };
  hosts: Record<string, DraftHost>;
  /** What saudade may be, by role; not part of the inventory. */
  spare: Readonly<Record<Role, DraftHost>>;
  /** The addresses that the machines' interfaces in the LAN have; not part of the inventory. */
  lans: Readonly<Record<Machine, readonly string[]>>;
  [key: string]: unknown;
}

export type Role = 'relay' | 'gateway' | 'workstation';

/** The machines with a place in the LAN, whatever the inventory calls them. */
export type Machine = 'carinho' | 'mimando' | 'saudade';

export interface DraftHost {
  role: Role;
  retiring?: boolean;
  tunnel?: Named;
  lan?: Named;
  /** Of a workstation; and the domains of a gateway. */
  gateway?: string;
  domains?: string[];
  [key: string]: unknown;
}

/** Null: it does not apply. */
export type Edit = (draft: Draft, draw: Draw) => Draft | null;

/** Whole numbers below a bound, the same ones for the same seed. */
export type Draw = (below: number) => number;

/** Mulberry32. */
export function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const oneOf = <T>(draw: Draw, all: readonly T[]): T => {
  const one = all[draw(all.length)];
  if (one === undefined) throw new Error('nothing to draw from');
  return one;
};

const shuffled = <T>(draw: Draw, all: readonly T[]): T[] =>
  all
    .map(one => [draw(1 << 30), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);

/** The host that has always been there in this role. */
export const inRole = (draft: Draft, role: Role): string =>
  Object.keys(draft.hosts).find(name => name !== 'saudade' && draft.hosts[name]?.role === role) ?? '';

/** Everything of a host but its name and what it runs on. */
export const changed = (draft: Draft, name: string, change: Partial<DraftHost>): Draft => {
  const host = draft.hosts[name];
  return host ? { ...draft, hosts: { ...draft.hosts, [name]: { ...host, ...change } } } : draft;
};

const NAMES: Readonly<Record<Role, readonly string[]>> = {
  relay: ['namorar', 'vm', 'outpost'],
  gateway: ['carinho', 'door', 'home'],
  workstation: ['mimando', 'desk', 'study'],
};

function renamed(draft: Draft, draw: Draw): Draft {
  const role = oneOf(draw, ['relay', 'gateway', 'workstation'] as const);
  const from = inRole(draft, role);
  const to = oneOf(
    draw,
    NAMES[role].filter(name => name !== from),
  );
  const recipients = Object.entries(draft.mail.recipients).map(
    ([key, value]) => [key, value.replace(new RegExp(`@${from}$`), `@${to}`)] as const,
  );
  return {
    ...draft,
    mail: { ...draft.mail, recipients: Object.fromEntries(recipients) },
    hosts: Object.fromEntries(Object.entries(draft.hosts).map(([name, host]) => [name === from ? to : name, host])),
  };
}

const TUNNEL = {
  relay: ['vpn1.example.com', 'far.example.com'],
  gateway: ['vpn0.example.com', 'near.example.com'],
} as const;

/** Of either family: with the one the inventory has not. */
const ENDS = {
  relay: ['2001:db8:c1da::2', '2001:db8:c1da::12', '10.6.9.2', '10.6.9.12'],
  gateway: ['2001:db8:c1da::1', '2001:db8:c1da::11', '10.6.9.1', '10.6.9.11'],
} as const;

function tunnelEnd(draft: Draft, draw: Draw, key: 'name' | 'address'): Draft {
  const role = oneOf(draw, ['relay', 'gateway'] as const);
  const name = inRole(draft, role);
  const now = draft.hosts[name]?.tunnel;
  if (!now) return draft;
  const all = key === 'name' ? TUNNEL[role] : ENDS[role].filter(one => isIpv6(one) === isIpv6(now.address));
  const to = oneOf<string>(
    draw,
    all.filter(one => one !== now[key]),
  );
  return changed(draft, name, { tunnel: { ...now, [key]: to } });
}

export const isIpv6 = (address: string): boolean => address.includes(':');

const EXTRA = ['nova', 'ana'];

function recipients(draft: Draft, draw: Draw): Draft {
  const extra = oneOf(draw, EXTRA);
  const { [extra]: there, ...rest } = draft.mail.recipients;
  const to = rest.test ?? 'jay';
  return { ...draft, mail: { ...draft.mail, recipients: there === undefined ? { ...rest, [extra]: to } : rest } };
}

function domains(draft: Draft, draw: Draw): Draft {
  const other = oneOf(draw, ['example.net', 'example.org']);
  const rest = draft.domain.filter(one => one !== other);
  if (rest.length < draft.domain.length) return { ...draft, domain: rest };
  return { ...draft, domain: draw(2) === 0 ? [other, ...rest] : [...rest, other] };
}

const toggled = (draft: Draft, key: string, one: unknown, other: unknown): Draft => ({
  ...draft,
  tunnel: { ...draft.tunnel, [key]: draft.tunnel[key] === one ? other : one },
});

/** By the name under which a run prints it. */
export const EDITS: Readonly<Record<string, Edit>> = {
  'order of hosts': (draft, draw) => ({
    ...draft,
    hosts: Object.fromEntries(shuffled(draw, Object.entries(draft.hosts))),
  }),
  'order of domains': (draft, draw) => ({ ...draft, domain: shuffled(draw, draft.domain) }),
  'name of a host': renamed,
  'name in the tunnel': (draft, draw) => tunnelEnd(draft, draw, 'name'),
  'address in the tunnel': (draft, draw) => tunnelEnd(draft, draw, 'address'),
  'name in the LAN': (draft, draw) => {
    const name = inRole(draft, oneOf(draw, ['gateway', 'workstation'] as const));
    const lan = draft.hosts[name]?.lan;
    if (!lan) return null;
    const to = lan.name.startsWith('x-') ? lan.name.slice(2) : `x-${lan.name}`;
    return changed(draft, name, { lan: { ...lan, name: to } });
  },
  recipients,
  domains,
  'mail.tls': draft => ({ ...draft, mail: { ...draft.mail, tls: !draft.mail.tls } }),
  user: (draft, draw) => ({
    ...draft,
    mail: {
      ...draft.mail,
      credentials: { ...draft.mail.credentials, user: oneOf(draw, ['mailuser', 'sender', 'home']) },
    },
  }),
  interface: draft => toggled(draft, 'interface', 'wg0', 'wg1'),
  port: draft => toggled(draft, 'port', 6900, 6901),
  'preshared key': draft => toggled(draft, 'preshared_key', false, true),
  mtu: draft => toggled(draft, 'mtu', 1420, 1280),
  retiring: (draft, draw) => {
    const name = inRole(draft, oneOf(draw, ['relay', 'gateway', 'workstation'] as const));
    return changed(draft, name, { retiring: !draft.hosts[name]?.retiring });
  },
};
