/** The hosts and prefixes that the rules of packet_filter.pass refer to. Pure. */
import type * as z from 'zod/mini';
import { familyOf, isWithin, type Prefix, prefixIn, prefixText, shortAddress } from '../addresses.ts';
import type { passSchema } from './pass-schema.ts';
import type { NamedDraft, Site } from './site.ts';

type Written = z.input<typeof passSchema>;

/** Connections through a tunnel, from one side of it to ports of the other. */
export interface Pass {
  /** Inventory names of the tunnel's ends. */
  readonly relay: string;
  readonly gateway: string;
  /** `ADDRESS/LENGTH` of hosts behind the gateway; null: the gateway itself. */
  readonly behind: string | null;
  /** Which side opens the connection. */
  readonly begins: 'relay' | 'gateway';
  readonly proto: 'tcp' | 'udp';
  /** As pf.conf(5) writes them: `443`, `8000:8100`. */
  readonly ports: readonly string[];
}

/** A side of a tunnel. */
export interface PassEnd {
  /** A relay, or the gateway that is meant or that `behind` is behind. */
  readonly host: string;
  readonly behind: Prefix | null;
}

/** The ends that a word may refer to: one if it is unambiguous; null for an unknown name or text. */
export function endsOf(site: Site, word: string): readonly PassEnd[] | null {
  const end = [...site.relays, ...site.gateways].find(
    ([name, { tunnel }]) => name === word || isAddress(word, tunnel?.address?.replace(/\/\d+$/, '')),
  );
  if (end) return [{ host: end[0], behind: null }];
  const station = site.workstations.find(([name, { lan }]) => name === word || isAddress(word, lan?.address));
  const prefix = prefixIn(station?.[1].lan?.address ?? word);
  if (station) {
    const gateway = site.gatewayOf.get(station[0]);
    return gateway === undefined || prefix === null ? [] : [{ host: gateway, behind: prefix }];
  }
  if (prefix === null) return null;
  const gateways = site.gateways.length === 1 ? site.gateways : site.gateways.filter(one => isInLan(prefix, one));
  return gateways.map(([host]) => ({ host, behind: prefix }));
}

const isAddress = (word: string, address: string | undefined): boolean =>
  address !== undefined &&
  familyOf(address) !== null &&
  familyOf(word) !== null &&
  shortAddress(address) === shortAddress(word);

/** A LAN is a /64 or a /24, as the tunnel is where nothing else is said. */
function isInLan({ address }: Prefix, [, { lan }]: NamedDraft): boolean {
  const family = lan?.address === undefined ? null : familyOf(lan.address);
  if (lan?.address === undefined || family === null) return false;
  return isWithin(address, { address: lan.address, prefixLength: family === 4 ? 24 : 64 });
}

/** The rules of a checked inventory. */
export const passFrom = (site: Site, written: Written = []): readonly Pass[] =>
  written.flatMap(({ from, to, proto, port }) => {
    const [[begin], [answer]] = [endsOf(site, from) ?? [], endsOf(site, to) ?? []];
    if (!begin || !answer) return [];
    const isRelays = site.relays.some(([name]) => name === begin.host);
    const [relay, home] = isRelays ? [begin, answer] : [answer, begin];
    return {
      relay: relay.host,
      gateway: home.host,
      behind: home.behind === null ? null : prefixText(home.behind),
      begins: isRelays ? 'relay' : 'gateway',
      proto,
      ports: [...new Set([port].flat().map(String))],
    };
  });
