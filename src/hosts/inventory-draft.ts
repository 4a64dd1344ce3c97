import { nearest } from './did-you-mean.ts';
import { quoted } from './inventory-errors.ts';
import type { Inventory } from './inventory-schema.ts';

type Few<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
type NameAndAddress = Few<{ name: string; address: string }>;

/** A host of which parts may be missing or were found wrong; what is there fits the schema. */
export type DraftHost = Few<{
  ssh: string | Few<{ host: string; port: number; user: string; identity_file: string; jump: string }>;
  endpoint: string;
  tunnel: NameAndAddress;
  lan: NameAndAddress;
  mx: readonly (NameAndAddress | undefined)[];
  outbound: Few<{ name: string; addresses: readonly (string | undefined)[] }>;
  certificates: string | { readonly files?: Readonly<Record<string, unknown>> };
  domains: string | readonly (string | undefined)[];
  gateway: string;
}> & { readonly role: 'relay' | 'gateway' | 'workstation' };

/** An inventory of which parts may be missing or were found wrong, so that all else can be looked at together. */
export type Draft = Few<{
  domain: string | readonly (string | undefined)[];
  mail: Few<{
    recipients: Readonly<Record<string, string | undefined>>;
    bounces: string | Few<{ mode: string; warn_intervals: readonly (string | undefined)[] }>;
  }>;
  hosts: Readonly<Record<string, Partial<DraftHost> | undefined>>;
}>;

/** A complete inventory is a draft as well. */
export const draftOf = (inventory: Inventory): Draft => inventory as Draft;

/** One host of the draft under its name. */
export type NamedDraft = readonly [name: string, host: DraftHost];

/** The hosts whose role is known, in the inventory's order. */
export const hostsOf = (draft: Draft): NamedDraft[] =>
  Object.entries(draft.hosts ?? {}).filter((entry): entry is [string, DraftHost] => entry[1]?.role !== undefined);

/** The hosts of one role. */
export const inRole = (draft: Draft, role: DraftHost['role']): NamedDraft[] =>
  hostsOf(draft).filter(([, host]) => host.role === role);

/** False where a host's role is unknown, so that nothing can be said about what is missing. */
export const isEveryRoleKnown = (draft: Draft): boolean =>
  draft.hosts !== undefined && hostsOf(draft).length === Object.keys(draft.hosts).length;

/** A string or a list as a list, in lower case, each with its place in the path. */
export function entriesOf(
  value: string | readonly (string | undefined)[] | undefined,
): { text: string; step: number[] }[] {
  if (typeof value === 'string') return [{ text: value.toLowerCase(), step: [] }];
  return (value ?? []).flatMap((text, index) =>
    text === undefined ? [] : [{ text: text.toLowerCase(), step: [index] }],
  );
}

/** The inventory's mail domains, lower case, each once. */
export const domainsOf = (draft: Draft): string[] => [...new Set(entriesOf(draft.domain).map(({ text }) => text))];

/** The domains whose mail goes to a gateway: those it names, or all where it is the only one. */
export function domainsServedBy(draft: Draft, gateway: string): string[] {
  const named = entriesOf(draft.hosts?.[gateway]?.domains).map(({ text }) => text);
  if (named.length > 0) return [...new Set(named)];
  return inRole(draft, 'gateway').length === 1 ? domainsOf(draft) : [];
}

/** A workstation's gateway: the one it names, or the only one; null where that is open. */
export function gatewayNameOf(draft: Draft, workstation: DraftHost): string | null {
  const gateways = inRole(draft, 'gateway').map(([name]) => name);
  if (workstation.gateway !== undefined) return gateways.includes(workstation.gateway) ? workstation.gateway : null;
  return gateways.length === 1 ? (gateways[0] ?? null) : null;
}

/** The workstations of a gateway. */
export const workstationNamesOf = (draft: Draft, gateway: string): string[] =>
  inRole(draft, 'workstation')
    .filter(([, host]) => gatewayNameOf(draft, host) === gateway)
    .map(([name]) => name);

/** The hosts that deliver mail, each with the gateway its mail comes by: workstations, and gateways that have none. */
export function deliveringHosts(draft: Draft): Map<string, string> {
  const delivering = new Map<string, string>();
  for (const [name, host] of hostsOf(draft)) {
    const gateway = host.role === 'workstation' ? gatewayNameOf(draft, host) : name;
    const delivers = host.role === 'gateway' ? workstationNamesOf(draft, name).length === 0 : host.role !== 'relay';
    if (delivers && gateway !== null) delivering.set(name, gateway);
  }
  return delivering;
}

/** `carinho or mimando`, or what stands for none. */
export const listed = (names: readonly string[], none = 'none'): string =>
  names.length === 0
    ? none
    : names.length === 1
      ? `${names[0]}`
      : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

/** A remedy for a name that is none of those known: the one that was meant, or all of them. */
export function oneOf(name: string, known: readonly string[], otherwise: string): string {
  const meant = nearest(name, known);
  if (meant !== null) return `did you mean ${quoted(meant)}?`;
  return known.length === 0 ? otherwise : `write ${listed(known)}`;
}
