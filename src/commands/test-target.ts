import { type Fleet, gatewaysOf, type Host, type Recipient, type Relay, relaysOf } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import { addressesOf, recipientsOf } from '../tasks/neighbours.ts';
import { chosenHosts } from './fleet.ts';

/** The recipient or sender of a test message, and the relay that it passes. */
export interface TestTarget {
  readonly recipient: Recipient;
  readonly address: string;
  readonly host: Host;
  readonly relay: Relay;
}

/** The first matching recipient whose mail passes all chosen hosts. @throws Failure where there is none. */
export function targetOf(
  fleet: Fleet,
  { to, host: chosen }: { readonly to?: string; readonly host?: readonly string[] },
): TestTarget {
  const wanted = chosenHosts(fleet, { host: chosen ?? [] });
  const retiring = fleet.hosts.flatMap(({ name, retiring }) => (retiring ? [name] : []));
  const every = relaysOf(fleet).flatMap(relay =>
    gatewaysOf(fleet).flatMap(gateway =>
      recipientsOf(gateway, fleet).flatMap(recipient =>
        addressesOf(recipient, gateway).map(address => ({
          path: [relay.name, gateway.name, recipient.host],
          target: { recipient, address, relay, host: hostOf(fleet, recipient.host) },
        })),
      ),
    ),
  );
  // A retiring host accepts no mail: paths without one come first.
  const all = every.toSorted((one, other) => Number(passes(one.path, retiring)) - Number(passes(other.path, retiring)));
  const passing = all.filter(({ path }) => chosen === undefined || [...wanted].every(name => path.includes(name)));
  const found = passing.find(({ target }) => to === undefined || target.address === to.toLowerCase());
  if (found) return found.target;
  const known = `one of ${[...new Set(all.map(({ target }) => target.address))].join(', ')}`;
  throw to !== undefined && !all.some(({ target }) => target.address === to.toLowerCase())
    ? new Failure('usage', `"${to}" is not a recipient of the inventory`, '--to', known)
    : new Failure(
        'usage',
        `no mail for ${to ?? 'anybody'} passes ${chosen?.join(' and ')}`,
        '--host',
        'choose hosts on the same mail path',
      );
}

const passes = (path: readonly string[], names: readonly string[]): boolean => path.some(name => names.includes(name));

/** A host by its name in the inventory. */
export function hostOf(fleet: Fleet, name: string): Host {
  const host = fleet.hosts.find(one => one.name === name);
  if (!host) throw new Error(`there is no ${name}`);
  return host;
}
