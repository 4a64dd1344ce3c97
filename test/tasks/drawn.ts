/** Inventories that a property draws: a relay, a gateway and a workstation, two hosts that come and go, other names and addresses. */

import type { Fleet } from '../../src/hosts/fleet.ts';
import { fc } from '../properties.ts';
import { fleetOf } from './fleets.ts';

/** All the hosts that there may be. */
export const NAMES = ['namorar', 'saudade', 'carinho', 'mimando', 'desk'] as const;
type Name = (typeof NAMES)[number];
/** Mail domains. */
export const DOMAINS = ['example.com', 'example.org', 'example.net'] as const;

/** What is drawn. */
export interface Drawn {
  readonly tls: boolean;
  readonly saudade: 'relay' | 'workstation' | null;
  readonly desk: 'relay' | 'workstation' | null;
  readonly domains: readonly (typeof DOMAINS)[number][];
  /** Local parts that there are, and whether they are delivered on the second workstation. */
  readonly recipients: readonly (readonly [string, boolean])[];
  /** Whether the postmaster's mail is delivered on the second workstation as well. */
  readonly isPostmasterThere?: boolean;
  /** Whose names in the tunnel and the LAN are others, and whose addresses. */
  readonly renamed: readonly Name[];
  readonly moved: readonly Name[];
  /** Whose first address in the tunnel carinho takes; that host gets carinho's, unless it is moved. */
  readonly taken?: Name | null;
}

/** Of the hosts, in their names and addresses. */
export const NUMBERS: Readonly<Record<Name, number>> = { namorar: 1, saudade: 2, carinho: 3, desk: 4, mimando: 5 };

/** The least of it. */
export const QUIET: Drawn = {
  tls: false,
  saudade: null,
  desk: null,
  domains: ['example.com'],
  recipients: [],
  renamed: [],
  moved: [],
};

/** Some of the hosts. */
export const hosts = fc.subarray([...NAMES]);
const extra = fc.constantFrom<'relay' | 'workstation' | null>('relay', 'workstation', null);
/** Any of them. */
export const drawn: fc.Arbitrary<Drawn> = fc.record({
  tls: fc.boolean(),
  saudade: extra,
  desk: extra,
  domains: fc.shuffledSubarray([...DOMAINS], { minLength: 1 }),
  recipients: fc.uniqueArray(fc.tuple(fc.constantFrom('test', 'ana'), fc.boolean()), { selector: ([local]) => local }),
  isPostmasterThere: fc.boolean(),
  renamed: hosts,
  moved: hosts,
});

/** The inventory of a draw. */
export function inventory({
  tls,
  domains,
  recipients,
  renamed,
  moved,
  taken = null,
  isPostmasterThere = false,
  ...others
}: Drawn): Fleet {
  const lan = (name: Name, n: number): string =>
    `lan: { name: ${renamed.includes(name) ? 'x-' : ''}${name}.lan, address: 10.0.${moved.includes(name) ? 1 : 0}.${n} }`;
  const end = (name: Name, n: number): string => {
    if (name === 'carinho' && taken !== null) return `1${NUMBERS[taken]}`;
    return moved.includes(name) ? `2${n}` : `1${name === taken ? NUMBERS.carinho : n}`;
  };
  const tunnel = (name: Name, n: number): string =>
    `tunnel: { name: ${renamed.includes(name) ? 'far' : 'vpn'}${n}.example.com, address: 10.6.9.${end(name, n)} }`;
  const host = (name: Name, n: number, role: 'relay' | 'workstation' | null): string => {
    if (role === null) return '';
    if (role === 'workstation') return `\n  ${name}: { role: workstation, ssh: ${name}, ${lan(name, n)} }`;
    const outbound = `outbound: { name: ${renamed.includes(name) ? 'out' : 'smtp'}${n}.example.com, addresses: [192.0.2.2${n}] }`;
    return `\n  ${name}: { role: relay, ssh: ${name}, endpoint: 192.0.2.2${n}, ${tunnel(name, n)}, mx: [{ name: mx${n}.example.com, address: 192.0.2.2${n} }], ${outbound} }`;
  };
  const second = (['desk', 'saudade'] as const).find(name => others[name] === 'workstation');
  const lines = domains.flatMap(domain =>
    [['postmaster', isPostmasterThere] as const, ...recipients].map(
      ([local, isElsewhere]) => `${local}@${domain}: jay@${(isElsewhere ? second : undefined) ?? 'mimando'}`,
    ),
  );
  return fleetOf(`
domain: [${domains.join(', ')}]
mail: { tls: ${tls}, recipients: { ${lines.join(', ')} } }
hosts:${host('namorar', 1, 'relay')}${host('saudade', 2, others.saudade)}${host('desk', 4, others.desk)}
  carinho: { role: gateway, ssh: carinho, ${tunnel('carinho', 3)}, ${lan('carinho', 3)} }${host('mimando', 5, 'workstation')}
`);
}
