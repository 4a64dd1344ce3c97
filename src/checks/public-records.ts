/**
 * The public DNS records that an inventory wants: the one definition that `mailtun dns` prints and checks, and that
 * status and doctor judge by. Pure.
 */
import type { DkimKey } from '../facts/dkim-keys.ts';
import { familyOf, isPrivate } from '../hosts/addresses.ts';
import { type Fleet, type Named, type Relay, relaysOf } from '../hosts/fleet.ts';
import { selectorOf } from '../tasks/dkim.ts';
import { isBelow } from '../tasks/neighbours.ts';
import { dmarcSets } from './dmarc.ts';
import type { RecordSet, Wanted } from './record-set.ts';
import { senderWord } from './spf.ts';

/** The parts of records that only hosts have, by relay; a relay without an entry was not asked. */
export interface HostParts {
  readonly dkim: ReadonlyMap<string, readonly DkimKey[]>;
  /** By relay and name: the digest of the key that smtpd shows. */
  readonly tlsa: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Nothing is known from the hosts. */
const NO_PARTS: HostParts = { dkim: new Map(), tlsa: new Map() };

/** Every set, domains first. */
export const recordSets = (fleet: Fleet, parts: HostParts = NO_PARTS): readonly RecordSet[] => [
  ...fleet.domains.flatMap(domain => [
    mxSet(domain, fleet),
    spfSet(domain, fleet),
    ...dkimSets(domain, fleet, parts),
    ...dmarcSets(domain, fleet),
  ]),
  ...relaysOf(fleet).flatMap(addressSets),
  ...relaysOf(fleet).flatMap(relay => heloSets(relay, fleet)),
  ...relaysOf(fleet).flatMap(relay => tlsaSets(relay, parts)),
  ...relaysOf(fleet).flatMap(reverseSets),
];

const mxSet = (domain: string, fleet: Fleet): RecordSet => ({
  kind: 'mx',
  type: 'MX',
  name: domain,
  wanted: relaysOf(fleet).flatMap(relay => relay.mx.map(mx => ({ value: mx.name, relay: relay.name }))),
  relay: null,
});

const spfSet = (domain: string, fleet: Fleet): RecordSet => spfOf(domain, relaysOf(fleet), null);

/**
 * Of the name that a relay says in HELO: mail without a sender, a bounce, has no other (RFC 7208, 2.4). With DMARC alone,
 * for who asks for that wants receivers to know what is not theirs.
 */
const heloSets = (relay: Relay, fleet: Fleet): readonly RecordSet[] =>
  fleet.mail.dmarc === null || fleet.domains.includes(relay.outbound.name)
    ? []
    : [spfOf(relay.outbound.name, [relay], relay.name)];

/** Senders are compared, not text: the admin's own record may allow them in another form. */
function spfOf(name: string, relays: readonly Relay[], of: string | null): RecordSet {
  const publicly = (relay: Relay, addresses: readonly string[]): readonly Wanted[] =>
    addresses.flatMap(address => {
      const value = publicOf(relay, address);
      return value === null ? [] : [{ value, relay: relay.name }];
    });
  const senders = relays.flatMap(relay => publicly(relay, relay.outbound.addresses));
  const words = [...new Set(senders.map(({ value }) => senderWord(value)))];
  return {
    kind: 'spf',
    type: 'TXT',
    name,
    wanted: words.length === 0 ? null : [{ value: ['v=spf1', ...words, '-all'].join(' '), relay: of }],
    relay: of,
    senders,
    own: relays.flatMap(relay =>
      publicly(
        relay,
        relay.mx.map(mx => mx.address),
      ).map(({ value }) => value),
    ),
  };
}

/** The keys of a relay, former ones included, because mail that they signed may be in transit. Null before there is one. */
function dkimSets(domain: string, fleet: Fleet, { dkim }: HostParts): readonly RecordSet[] {
  const { dkim: desired } = fleet.mail;
  if (desired === null) return [];
  const set = (relay: Relay, selector: string, record: string | null): RecordSet => ({
    kind: 'dkim',
    type: 'TXT',
    name: `${selector}._domainkey.${domain}`,
    wanted: record === null ? null : [{ value: record, relay: relay.name }],
    relay: relay.name,
  });
  return relaysOf(fleet).flatMap(relay => {
    const keys = (dkim.get(relay.name) ?? []).filter(key => key.state === 'key');
    const own = selectorOf(relay, fleet, desired);
    return [
      ...(keys.some(key => key.selector === own) ? [] : [set(relay, own, null)]),
      ...keys.map(key => set(relay, key.selector, key.record)),
    ];
  });
}

/** For both families: a stale address in DNS would lead mail to another host. */
function addressSets(relay: Relay): readonly RecordSet[] {
  const own: readonly Named[] = [
    ...relay.mx,
    ...relay.outbound.addresses.map(address => ({ name: relay.outbound.name, address })),
  ];
  return [...new Set(own.map(({ name }) => name))].flatMap(name => {
    const addresses = own.filter(one => one.name === name).map(one => publicOf(relay, one.address));
    // Behind a NAT whose address the inventory does not know, nothing can be said of either family.
    const known = addresses.every(address => address !== null);
    return (['AAAA', 'A'] as const).map(type => ({
      kind: 'address' as const,
      type,
      name,
      wanted: known
        ? [...new Set(addresses)].filter(one => typeOf(one) === type).map(value => ({ value, relay: relay.name }))
        : null,
      relay: relay.name,
    }));
  });
}

/** Of the mx names, at the port that mail comes in by (RFC 7672, 3.1.3): the relay's own key, whoever vouches for it. */
const tlsaSets = (relay: Relay, { tlsa }: HostParts): readonly RecordSet[] =>
  (relay.tlsa ? [...new Set(relay.mx.map(({ name }) => name))] : []).map(name => {
    const digest = tlsa.get(relay.name)?.get(name);
    const wanted = digest === undefined ? null : [{ value: `3 1 1 ${digest}`, relay: relay.name }];
    return { kind: 'tlsa', type: 'TLSA', name: `_25._tcp.${name}`, wanted, relay: relay.name };
  });

const reverseSets = (relay: Relay): readonly RecordSet[] =>
  relay.outbound.addresses.flatMap(own => {
    const address = publicOf(relay, own);
    if (address === null) return [];
    const wanted = [{ value: relay.outbound.name, relay: relay.name }];
    return [{ kind: 'ptr', type: 'PTR', name: address, wanted, relay: relay.name }];
  });

/**
 * The address that the internet knows. Behind a 1:1 NAT that is the relay's endpoint, if it has one private address only;
 * null where the inventory does not say.
 */
function publicOf(relay: Relay, address: string): string | null {
  if (!isPrivate(address)) return address;
  const own = [...relay.mx.map(mx => mx.address), ...relay.outbound.addresses];
  const others = own.some(one => one !== address && isPrivate(one) && familyOf(one) === familyOf(address));
  const { endpoint } = relay;
  return !others && familyOf(endpoint) === familyOf(address) && !isPrivate(endpoint) ? endpoint : null;
}

/** The type of the record that holds an address. */
export const typeOf = (address: string): 'AAAA' | 'A' => (familyOf(address) === 6 ? 'AAAA' : 'A');

/** The mail domain whose zone a name is in; null for a name elsewhere. */
export const domainOfName = (name: string, fleet: Fleet): string | null =>
  [...fleet.domains]
    .filter(domain => isBelow(name, domain))
    .sort((one, other) => other.length - one.length)
    .at(0) ?? null;
