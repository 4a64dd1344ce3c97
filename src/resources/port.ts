import { inetOf } from '../facts/address-family.ts';
import { type PortLine, type PortOwner, portOwners } from '../facts/fstat.ts';
import type { Fact } from '../run/fact.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { MARK } from './file.ts';

/** A port that only one daemon may use. */
export interface DesiredPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** For people: `mail`, `the tunnel`. */
  readonly purpose: string;
  /** The daemon that may use it; null for the kernel. */
  readonly daemon: string | null;
  /** Empty: every address. */
  readonly addresses: readonly string[];
  /** What files have once it is set up so. */
  readonly lines: readonly PortLine[];
}

/** Ports of a host that no other process may have. Checked before anything is changed: mailtun cannot free them. */
export function ports(host: string, desired: readonly DesiredPort[]): readonly Resource[] {
  const owners = portOwners(
    MARK,
    desired.flatMap(one => one.lines),
  );
  return desired.map(one => port(host, one, owners));
}

const port = (host: string, desired: DesiredPort, owners: Fact<readonly PortOwner[]>): Resource => ({
  id: `${desired.protocol} port ${desired.port}`,
  questions: [owners],
  judge(observed) {
    const other = observed.get(owners).find(owner => owner.command !== desired.daemon && isInTheWay(owner, desired));
    if (!other) return null;
    throw new Failure(
      'port-taken',
      `${other.command} (pid ${other.pid}, user ${other.user}) has ${desired.protocol.toUpperCase()} port ${desired.port} on ${other.address}, which ${desired.purpose} needs`,
      host,
      `on ${host}: find its rc script with rcctl ls started, then rcctl stop and rcctl disable it, or give it another port`,
    );
  },
});

const isInTheWay = (owner: PortOwner, { protocol, port, addresses }: DesiredPort): boolean => {
  if (owner.protocol !== protocol || owner.port !== port) return false;
  if (addresses.length === 0) return true;
  return addresses.some(address =>
    owner.address === '*' ? (inetOf(address) === 'inet6' ? 6 : 4) === owner.family : owner.address === address,
  );
};
