/** Edits of the LAN that have to be made in two runs, refused before anything is changed. Pure. */
import { addressOfName, type HostsLine } from '../facts/hosts-file.ts';
import { parseSmtpdConf } from '../facts/smtpd-conf.ts';
import type { Host } from '../hosts/fleet.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { hostNamed } from './former-names.ts';
import { isElsewhere } from './former-neighbours.ts';
import type { View } from './hops.ts';
import { relayedTo } from './names-in-use.ts';

/**
 * Without TLS, now or then, a host in the LAN is known by its name or its address. If one that gets another gateway, or was
 * the gateway, has neither any more, nobody can tell that mail may still come from it, and refuses that permanently.
 * @param lines mailtun's block of hosts(5).
 * @param conf the host's present smtpd.conf(5).
 * @throws Failure naming every such neighbour.
 */
export function refuseUnknown(host: Host, fleet: View, lines: readonly HostsLine[], conf: string): void {
  const isTls = fleet.mail.tls && fleet.inForce?.takes.lan === 'tls';
  if (isTls || host.role === 'relay') return;
  // By its addresses a workstation would know a relay that was its gateway.
  const isOpen = host.role === 'workstation' && fleet.inForce?.from === 'anywhere';
  const unknown = relayedTo(parseSmtpdConf(conf)).flatMap(name => {
    const address = addressOfName(name, lines);
    if (address === undefined || hostNamed(name, fleet, lines, fleet.holders) !== null) return [];
    const mayBe = fleet.hosts.filter(one => isElsewhere(host, one) || (isOpen && one.role === 'relay'));
    const former = mayBe.find(one => !fleet.holders?.has(one.name));
    return former ? [`${name} at ${address} (${former.name})`] : [];
  });
  if (unknown.length === 0) return;
  throw new Failure(
    'two-runs-needed',
    `another gateway together with other names and addresses of ${unknown.join(', ')} without TLS: no host could tell where that mail is from, and it would be refused permanently`,
    host.name,
    'change this in two runs: in the first the gateway, in the second names, addresses and roles of the others',
  );
}

/** In place of an smtpd.conf(5) that could never be changed. */
export const waitingForEver = (id: string, host: Host, circle: readonly string[]): Resource => ({
  id,
  questions: [],
  judge() {
    const others = circle.filter(name => name !== host.name).join(', ');
    throw new Failure(
      'two-runs-needed',
      `${host.name} and ${others} would wait for each other forever: each refuses the other's mail until it has been changed itself`,
      host.name,
      'change this in two runs: in the first leave the workstation that moves or leaves as it is, with its recipients; in the second move or remove it',
    );
  },
});
