/** What an edit leaves to be written for the inventory to be valid again: gateways, domains, recipients, addresses. Pure. */
import { changed, type Draft, type DraftHost, inRole, isIpv6, type Machine } from './edits.ts';

/** The one that comes and goes. */
export const SPARE = 'saudade';

/** The domain of the recipient whose mail is counted. */
export const COUNTED = 'example.com';

/** The family that the others have changed to. */
const OF_SPARE = { tunnel: ['2001:db8:c1da::3', '10.6.9.3'], lan: ['2001:db8:6969::3', '10.69.69.3'] } as const;

/** The same, valid. */
export const fitted = (draft: Draft): Draft =>
  [families, gateways, recipients, interfaces].reduce((one, next) => next(one), draft);

/** The inventory's name of a machine in the LAN, if it is there. */
export const nameOf = (draft: Draft, machine: Machine): string =>
  machine === SPARE ? SPARE : inRole(draft, machine === 'carinho' ? 'gateway' : 'workstation');

/** Both gateways, the one that has always been there first; or that alone. */
export const gatewaysOf = (draft: Draft): readonly string[] =>
  [inRole(draft, 'gateway'), SPARE].filter(name => draft.hosts[name]?.role === 'gateway');

/** The hosts that deliver, each with its gateway. */
export function deliverersOf(draft: Draft): ReadonlyMap<string, string> {
  const all = gatewaysOf(draft);
  const stations = Object.entries(draft.hosts).flatMap(([name, { role, gateway = all[0] ?? '' }]) =>
    role === 'workstation' ? [[name, gateway] as const] : [],
  );
  const alone = all.filter(name => !stations.some(([, gateway]) => gateway === name));
  return new Map([...stations, ...alone.map(name => [name, name] as const)]);
}

/** The domains of a gateway. */
export const servedBy = (draft: Draft, gateway: string): readonly string[] =>
  gatewaysOf(draft).length < 2 ? draft.domain : (draft.hosts[gateway]?.domains ?? []);

/** The domains in whose name the workstation's users may send: those of its gateway. */
export const senderDomains = (draft: Draft): readonly string[] =>
  servedBy(draft, deliverersOf(draft).get(inRole(draft, 'workstation')) ?? '');

/** The same where that gateway serves the domain. */
export function served(draft: Draft, domain: string, gateway: string): Draft {
  return gatewaysOf(draft).reduce((one, name) => {
    const rest = (one.hosts[name]?.domains ?? []).filter(other => other !== domain);
    return changed(one, name, { domains: name === gateway ? [...rest, domain] : rest });
  }, draft);
}

function families(draft: Draft): Draft {
  const host = draft.hosts[SPARE];
  if (!host) return draft;
  const of = (key: 'tunnel' | 'lan'): Partial<DraftHost> => {
    const [now, of] = [host[key], draft.hosts[inRole(draft, 'gateway')]?.[key]];
    if (!now || !of || isIpv6(now.address) === isIpv6(of.address)) return {};
    return { [key]: { ...now, address: OF_SPARE[key][isIpv6(of.address) ? 0 : 1] } };
  };
  return changed(draft, SPARE, { ...of('tunnel'), ...of('lan') });
}

const without = (host: DraftHost, key: 'gateway' | 'domains'): DraftHost => {
  const { [key]: _, ...rest } = host;
  return rest as DraftHost;
};

/** Where there are two gateways, each domain has one, each workstation has one, and each has a domain unless it retires alone. */
function gateways(draft: Draft): Draft {
  const all = gatewaysOf(draft);
  const [main = '', other] = all;
  const hosts = Object.fromEntries(
    Object.entries(draft.hosts).map(([name, host]) => {
      if (other === undefined) return [name, without(without(host, 'gateway'), 'domains')];
      if (host.role !== 'workstation') return [name, host.role === 'relay' ? without(host, 'domains') : host];
      return [name, { ...host, gateway: all.includes(host.gateway ?? '') ? host.gateway : main } as DraftHost];
    }),
  );
  const next = { ...draft, hosts };
  return other === undefined ? next : shared(next, main, other);
}

function shared(draft: Draft, main: string, other: string): Draft {
  const isLeaving = (name: string): boolean =>
    draft.hosts[name]?.retiring === true && deliverersOf(draft).get(name) === name;
  const domain = draft.domain.length > 1 ? draft.domain : [...draft.domain, 'example.org'];
  let far = domain.filter(one => draft.hosts[other]?.domains?.includes(one));
  if (isLeaving(other)) far = [];
  else if (isLeaving(main)) far = domain;
  else if (far.length === 0) far = domain.filter(one => one !== COUNTED).slice(-1);
  else if (far.length === domain.length) far = domain.filter(one => one === COUNTED);
  const near = domain.filter(one => !far.includes(one));
  const serving = ([name, host]: [string, DraftHost]): [string, DraftHost] => {
    const domains = name === main ? near : name === other ? far : [];
    return [name, domains.length > 0 ? { ...host, domains } : without(host, 'domains')];
  };
  return { ...draft, domain, hosts: Object.fromEntries(Object.entries(draft.hosts).map(serving)) };
}

/** Recipients of a host that does not deliver any more get one that does, and names of hosts only where there are two. */
function recipients(draft: Draft): Draft {
  const delivering = deliverersOf(draft);
  const fits = (host: string, key: string): boolean => {
    const domains = servedBy(draft, delivering.get(host) ?? '');
    return delivering.has(host) && (key === 'test' ? domains.includes(COUNTED) : domains.length > 0);
  };
  const station = inRole(draft, 'workstation');
  const entries = Object.entries(draft.mail.recipients).flatMap(([key, value]) => {
    const [login = '', host = station] = value.split('@');
    const to = [host, station, ...delivering.keys()].find(one => fits(one, key));
    return key.includes('@') || to === undefined ? [] : [[key, { login, to }] as const];
  });
  const reached = new Set(entries.map(([, { to }]) => delivering.get(to)));
  const missing = gatewaysOf(draft).flatMap(gateway => {
    const [domain] = servedBy(draft, gateway);
    const [to] = [...delivering].find(([, of]) => of === gateway) ?? [];
    return reached.has(gateway) || domain === undefined || to === undefined
      ? []
      : [[`postmaster@${domain}`, { login: 'jay', to }] as const];
  });
  const written = [...entries, ...missing].map(
    ([key, { login, to }]) => [key, delivering.size > 1 ? `${login}@${to}` : login] as const,
  );
  return { ...draft, mail: { ...draft.mail, recipients: Object.fromEntries(written) } };
}

/** What the inventory names the admin has given to the interface before. */
function interfaces(draft: Draft): Draft {
  const lans = Object.entries(draft.lans).map(([machine, has]) => {
    const address = draft.hosts[nameOf(draft, machine as Machine)]?.lan?.address;
    return [machine, address === undefined || has.includes(address) ? has : [...has, address]];
  });
  return { ...draft, lans: Object.fromEntries(lans) };
}
