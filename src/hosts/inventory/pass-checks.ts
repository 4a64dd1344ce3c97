/** Checks rules of packet_filter.pass against the rest of the inventory. Pure. */
import {
  familyOf,
  isPrivate,
  isWithin,
  oddKindOf,
  overlap,
  type Prefix,
  prefixIn,
  prefixText,
  shortAddress,
} from '../addresses.ts';
import { type Path, quoted, type Report } from './errors.ts';
import type { Complaint } from './formats.ts';
import { endsOf, type PassEnd } from './pass-ends.ts';
import { oneOf, type Site } from './site.ts';

/** Every rule is for one tunnel, and packets are routed in both directions. */
export function checkPass(site: Site, report: Report): void {
  const filter = site.draft.packet_filter;
  const pass = typeof filter === 'object' ? (filter.pass ?? []) : [];
  if (!site.isEveryRoleKnown) return;
  const behind: Behind[] = [];
  for (const [index, rule] of pass.entries()) {
    const path: Path = ['packet_filter', 'pass', index];
    const [from, to] = (['from', 'to'] as const).map(key => {
      const word = rule?.[key];
      return word === undefined ? undefined : endIn(site, word, [...path, key], report);
    });
    if (from === undefined || to === undefined) continue;
    const isRelay = ({ host }: PassEnd) => site.relays.some(([name]) => name === host);
    if (isRelay(from) === isRelay(to)) {
      const what =
        rule?.from === rule?.to
          ? `${from.host} has no tunnel to itself`
          : `there is no tunnel between ${rule?.from} and ${rule?.to}`;
      report({ path: [...path, 'to'], what, remedy: 'name a relay, and a gateway or a machine behind it' });
      continue;
    }
    const [relay, home, key] = isRelay(from) ? [from, to, 'to' as const] : [to, from, 'from' as const];
    if (home.behind === null) continue;
    const one = { relay: relay.host, gateway: home.host, prefix: home.behind, path: [...path, key] };
    const found = wrongWith(site, one, key) ?? overlapping(one, behind);
    if (found) report({ path: one.path, ...found });
    behind.push(one);
  }
}

interface Behind {
  readonly relay: string;
  readonly gateway: string;
  readonly prefix: Prefix;
}

function endIn(site: Site, word: string, path: Path, report: Report): PassEnd | undefined {
  const ends = endsOf(site, word);
  const known = site.hosts.map(([name]) => name);
  if (ends === null) {
    const what = `${quoted(word)} is not a host of this inventory, nor an address`;
    report({ path, what, remedy: oneOf(word, known, 'name a host of this inventory') });
    return undefined;
  }
  const address = ends[0]?.behind?.address ?? null;
  const odd = address === null ? null : oddKindOf(address);
  if (odd !== null) {
    report({ path, what: `${quoted(word)} is ${odd}`, remedy: "write an address of a gateway's LAN" });
    return undefined;
  }
  const network = networkMeant(word);
  if (network !== null) {
    const what = `${quoted(word)} is an address within ${network}`;
    report({ path, what, remedy: `write ${network}, or the address alone` });
    return undefined;
  }
  if (ends.length === 1) return ends[0];
  if (site.gateways.length > 1 && !known.includes(word)) {
    const what = `${quoted(word)} cannot be assigned to one of the several gateways`;
    report({
      path,
      what,
      remedy: 'name a workstation, or an address in the /64 or /24 of the lan address of a gateway',
    });
  }
  return undefined;
}

/** The network of a prefix that is written with an address inside of it, so that it is unclear which of the two is meant. */
function networkMeant(word: string): string | null {
  const [address = '', length] = word.split('/');
  const prefix = length === undefined ? null : prefixIn(word);
  return prefix === null || shortAddress(address) === prefix.address ? null : prefixText(prefix);
}

/** Addresses of the draft by host; null for names. */
function addressesOf(site: Site, name: string) {
  const host = site.draft.hosts?.[name] ?? {};
  const plain = (address: string | undefined): string | null => {
    const text = address?.replace(/\/\d+$/, '');
    return text === undefined || familyOf(text) === null ? null : shortAddress(text);
  };
  return {
    tunnel: plain(host.tunnel?.address),
    lan: plain(host.lan?.address),
    endpoint: plain(host.endpoint),
    public: [host.endpoint, ...(host.mx ?? []).map(mx => mx?.address), ...(host.outbound?.addresses ?? [])].flatMap(
      address => plain(address) ?? [],
    ),
  };
}

function wrongWith(site: Site, { relay, gateway, prefix }: Behind, key: 'from' | 'to'): Complaint | null {
  const text = quoted(
    prefix.prefixLength === (familyOf(prefix.address) === 4 ? 32 : 128) ? prefix.address : prefixText(prefix),
  );
  const [far, near] = [addressesOf(site, relay), addressesOf(site, gateway)];
  const family = familyOf(prefix.address);
  if (far.tunnel !== null && familyOf(far.tunnel) !== family)
    return {
      what: `${text} is IPv${family}, and the tunnel is IPv${familyOf(far.tunnel)}`,
      remedy: 'write an address of the same family as the tunnel addresses',
    };
  const own = [...far.public, far.tunnel, near.tunnel].find(one => one !== null && isWithin(one, prefix));
  if (own)
    return {
      what: `${text} contains ${own}, an end of the tunnel or an address of the relay`,
      remedy: `write only what is behind ${gateway}`,
    };
  if (near.lan === prefix.address)
    return { what: `${text} is ${gateway} itself`, remedy: `write ${gateway}, which is reached by its tunnel address` };
  // The packets of the tunnel itself would be routed into the tunnel.
  const mayCarry = far.endpoint === null || familyOf(far.endpoint) === family;
  if (near.lan !== null && isWithin(near.lan, prefix) && mayCarry && !isPrivate(near.lan))
    return {
      what: `${text} contains ${near.lan}, from which ${gateway} may send the packets of the tunnel itself`,
      remedy: 'write single addresses, or a longer prefix length',
    };
  if (key === 'to' && (near.lan === null || familyOf(near.lan) !== family))
    return {
      what: `${gateway} has no IPv${family} address in the LAN to reach ${text} from`,
      remedy: `write lan: { name: …, address: … } of ${gateway}`,
    };
  return null;
}

/** An address belongs to one peer of a relay: if two gateways have it, wg(4) assigns it to the last one. */
function overlapping(one: Behind, others: readonly Behind[]): Complaint | null {
  const other = others.find(
    ({ relay, gateway, prefix }) => relay === one.relay && gateway !== one.gateway && overlap(prefix, one.prefix),
  );
  if (!other) return null;
  return {
    what: `${prefixText(one.prefix)} behind ${one.gateway} overlaps with ${prefixText(other.prefix)} behind ${other.gateway}`,
    remedy: `give each gateway its own prefix: ${one.relay} can reach an address through one gateway only`,
  };
}
