/** Whatever a run may change, and of whatever it knows nothing: ends that reach each other still do in the view of it. */
import { expect, it } from 'vitest';
import { isWithin } from '../../src/hosts/addresses.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { isTunnelHost, peersOf, type TunnelHost } from '../../src/tasks/neighbours.ts';
import { tunnelView } from '../../src/tasks/tunnel-view.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { fc } from '../properties.ts';
import { fleetOf } from './fleets.ts';

const NAMES = ['namorar', 'saudade', 'carinho', 'lar'] as const;
type Name = (typeof NAMES)[number];
const NETWORKS = ['10.6.9.', '10.7.9.', '2001:db8:c1da::', '2001:db8:c1da:1::'] as const;

interface Numbers {
  readonly network: string;
  /** The last part of the addresses, in the order of the names. */
  readonly numbers: readonly number[];
}

function inventory({ network, numbers }: Numbers): Fleet {
  const end = (at: number): string => `tunnel: { name: vpn${at}.example.com, address: "${network}${numbers[at]}" }`;
  const relay = (name: Name, at: number): string =>
    `\n  ${name}: { role: relay, ssh: ${name}, endpoint: 192.0.2.2${at}, ${end(at)}, mx: [{ name: mx${at}.example.com, address: 192.0.2.2${at} }], outbound: { name: smtp${at}.example.com, addresses: [192.0.2.2${at}] } }`;
  return fleetOf(`
domain: [example.com, example.org]
mail: { recipients: { test@example.com: jay@carinho, ana@example.org: ana@lar } }
hosts:${relay('namorar', 0)}${relay('saudade', 1)}
  carinho: { role: gateway, ssh: carinho, ${end(2)}, domains: example.com }
  lar: { role: gateway, ssh: lar, ${end(3)}, domains: example.org }
`);
}

const endsOf = (fleet: Fleet): readonly TunnelHost[] => fleet.hosts.filter(isTunnelHost);
const keyOf = (name: string): string => `${name.padEnd(42, '0')}0=`;

/** What a host shows that has its end as in an inventory, with those of the others that have one. */
function shown(host: TunnelHost, fleet: Fleet, isMade: (name: string) => boolean) {
  const long = host.tunnel.address.includes(':');
  const peers = peersOf(host, fleet)
    .filter(({ name }) => isMade(name))
    .map(({ name, tunnel }) => `\twgpeer ${keyOf(name)}\n\t\twgaip ${tunnel.address}/${long ? 128 : 32}\n`);
  const own = long ? `inet6 ${host.tunnel.address} prefixlen 64` : `inet ${host.tunnel.address} netmask 0xffffff00`;
  const wg = `wg0: flags=80c3<UP> mtu 1420\n\twgport 6900\n\twgpubkey ${keyOf(host.name)}\n${peers.join('')}\t${own}\n`;
  const lines = peersOf(host, fleet).map(({ tunnel }) => `${tunnel.address} ${tunnel.name}`);
  return isMade(host.name)
    ? observing([plainFile('/etc/hosts', lines.join('\n'))], {
        'ifconfig -A': answer(wg),
        'tunnels of mailtun': answer('wg0\n'),
      })
    : observing([], { 'ifconfig -A': answer(), 'tunnels of mailtun': answer() });
}

const some = fc.subarray([...NAMES]);
const numbers: fc.Arbitrary<Numbers> = fc.record({
  network: fc.constantFrom(...NETWORKS),
  numbers: fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: NAMES.length, maxLength: NAMES.length }),
});

it('ends that have one reach each other, and what cannot be changed keeps what it has', () => {
  fc.assert(
    fc.property(numbers, numbers, some, some, some, (before, wanted, made, fixed, silent) => {
      const [now, next] = [inventory(before), inventory(wanted)];
      const isMade = (name: string): boolean => made.some(one => one === name);
      const isFixed = (name: string): boolean => [...fixed, ...silent].some(one => one === name);
      const canChange = (...names: readonly string[]): boolean => !names.every(isFixed);
      const observedHosts = new Map(
        endsOf(now).map(host => {
          const observed = silent.some(one => one === host.name) ? null : shown(host, now, isMade);
          return [host.name, { observed, canChange: !isFixed(host.name) }] as const;
        }),
      );
      const { fleet: view } = tunnelView(next, observedHosts, name => !isFixed(name));
      const ends = endsOf(view).filter(({ name }) => isMade(name));
      for (const host of ends)
        for (const { name, tunnel } of peersOf(host, view).filter(
          ({ name }) => isMade(name) && canChange(host.name, name),
        ))
          expect(isWithin(tunnel.address, host.tunnel), `${host.name} reaches ${name}`).toBe(true);
      for (const host of ends.filter(({ name }) => isFixed(name) && observedHosts.get(name)?.observed))
        expect(host.tunnel, host.name).toMatchObject(endsOf(now).find(one => one.name === host.name)?.tunnel ?? {});
    }),
    { numRuns: 100 },
  );
});
