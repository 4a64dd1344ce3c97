import { nearest } from './did-you-mean.ts';
import { type Draft, type DraftHost, entriesOf } from './draft.ts';
import { quoted } from './errors.ts';

/** One host of the draft under its name. */
export type NamedDraft = readonly [name: string, host: DraftHost];

/** How the hosts of an inventory belong together, as far as that is known. */
export interface Site {
  readonly draft: Draft;
  /** The hosts whose role is known, in the inventory's order; and those of each role. */
  readonly hosts: readonly NamedDraft[];
  readonly relays: readonly NamedDraft[];
  readonly gateways: readonly NamedDraft[];
  readonly workstations: readonly NamedDraft[];
  /** Lower case, each once. */
  readonly domains: readonly string[];
  /** By gateway: the domains it names, or all where it is the only one. */
  readonly served: ReadonlyMap<string, readonly string[]>;
  /** By workstation: the gateway it names, or the only one; none if that is unknown. */
  readonly gatewayOf: ReadonlyMap<string, string>;
  /** By gateway. */
  readonly stationsOf: ReadonlyMap<string, readonly string[]>;
  /** Hosts that deliver, each with the gateway its mail comes by: workstations, and gateways that have none. */
  readonly delivering: ReadonlyMap<string, string>;
  /** False where a role is unknown: nothing can be said about hosts that are missing. */
  readonly isEveryRoleKnown: boolean;
  /** False if a workstation's gateway is unknown: nothing can be said about who delivers. */
  readonly isEveryGatewayKnown: boolean;
}

/** Collects this from a draft, once for all checks. */
export function siteOf(draft: Draft): Site {
  const hosts = Object.entries(draft.hosts ?? {}).filter((entry): entry is [string, DraftHost] => {
    return entry[1]?.role !== undefined;
  });
  const inRole = (role: DraftHost['role']): NamedDraft[] => hosts.filter(([, host]) => host.role === role);
  const [relays, gateways, workstations] = [inRole('relay'), inRole('gateway'), inRole('workstation')];
  const domains = [...new Set(entriesOf(draft.domain).map(({ text }) => text))];
  const gatewayOf = gatewaysOf(gateways, workstations);
  const stationsOf = new Map<string, string[]>();
  for (const [name, gateway] of gatewayOf) stationsOf.set(gateway, [...(stationsOf.get(gateway) ?? []), name]);
  const isEveryRoleKnown = draft.hosts !== undefined && hosts.length === Object.keys(draft.hosts).length;
  return {
    draft,
    hosts,
    relays,
    gateways,
    workstations,
    domains,
    served: new Map(gateways.map(([name, host]) => [name, servedBy(host, gateways.length === 1 ? domains : [])])),
    gatewayOf,
    stationsOf,
    delivering: deliveringAmong(hosts, gatewayOf, stationsOf),
    isEveryRoleKnown,
    isEveryGatewayKnown: isEveryRoleKnown && gatewayOf.size === workstations.length,
  };
}

function gatewaysOf(gateways: readonly NamedDraft[], workstations: readonly NamedDraft[]): Map<string, string> {
  const names = new Set(gateways.map(([name]) => name));
  const [only] = names.size === 1 ? names : [];
  return new Map(
    workstations.flatMap(([name, host]) => {
      const gateway = host.gateway ?? only;
      return gateway !== undefined && names.has(gateway) ? [[name, gateway] as const] : [];
    }),
  );
}

function servedBy(gateway: DraftHost, otherwise: readonly string[]): readonly string[] {
  const named = entriesOf(gateway.domains).map(({ text }) => text);
  return named.length > 0 ? [...new Set(named)] : otherwise;
}

function deliveringAmong(
  hosts: readonly NamedDraft[],
  gatewayOf: ReadonlyMap<string, string>,
  stationsOf: ReadonlyMap<string, unknown>,
): Map<string, string> {
  const delivering = new Map<string, string>();
  for (const [name, { role }] of hosts) {
    const gateway = role === 'gateway' && !stationsOf.has(name) ? name : gatewayOf.get(name);
    if (gateway !== undefined) delivering.set(name, gateway);
  }
  return delivering;
}

/** `carinho or mimando`; of many only the first. */
export function listed(names: readonly string[]): string {
  if (names.length > 8) return `${names.slice(0, 8).join(', ')} or another`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** A remedy for an unknown name: the one that was probably meant, or all known ones. */
export function oneOf(name: string, known: readonly string[], otherwise: string): string {
  const meant = nearest(name, known);
  if (meant !== null) return `did you mean ${quoted(meant)}?`;
  return known.length === 0 ? otherwise : `write ${listed(known)}`;
}

/** A name or an address as a host of the inventory uses it. */
interface Used {
  readonly host: string;
  /** `mx address`. */
  readonly use: string;
  readonly written: string;
}

/** What is wrong with a use of what is used already. */
export const alreadyUsed = ({ written, host }: Used, first: Used): string =>
  `${quoted(written)} is already ${first.host === host ? 'its' : `${first.host}'s`} ${first.use}`;

/** What is wrong where it has to be said which gateway is meant. */
export const SEVERAL_GATEWAYS = 'missing, and there are several gateways';

/** What to do where a name would have several addresses of one family. */
export const A_NAME_EACH = 'give each address its own name';
