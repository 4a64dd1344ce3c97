import { inetOf } from '../facts/address-family.ts';
import { plainHost } from '../hosts/addresses.ts';
import type { Fleet, Host, Relay } from '../hosts/fleet.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { forwarding } from '../resources/forwarding.ts';
import { noPfAnchor, pfAnchor, pfConfAnchor } from '../resources/pf-anchor.ts';
import type { Task } from '../run/task.ts';
import { forwardedFamilies, passElse } from './behind.ts';
import { isTunnelHost, peersOf, type TunnelHost } from './neighbours.ts';

/** The anchor of mailtun's own rules. */
export const ANCHOR = 'mailtun';
/** Where its rules are. */
const ANCHOR_FILE = '/etc/pf.mailtun.conf';

/** pf(4): pf passes only mail and ping between the ends of the tunnel; a relay takes mail from the internet. */
export const packetFilter: Task<Host, Fleet> = {
  name: 'packet-filter',
  summary: 'pf passes only mail and ping between the ends of the tunnel',
  resources: (host, fleet) => {
    if (!isTunnelHost(host)) return [];
    const forwards = host.role === 'gateway' ? [forwarding(forwardedFamilies(host, fleet))] : [];
    if (!fleet.packetFilter.enabled) return [...noPfAnchor(ANCHOR, ANCHOR_FILE), ...forwards];
    return [
      file(ANCHOR_FILE, {
        content: () => anchorRules(host, fleet),
        ...ofRoot('0600'),
        accept: ['pfctl', '-nf'],
        risk: 'lockout',
      }),
      pfConfAnchor(ANCHOR, ANCHOR_FILE),
      pfAnchor(ANCHOR, ANCHOR_FILE, fleet.tunnel.interface),
      ...forwards,
    ];
  },
};

/**
 * The anchor's rules (pf.conf(5), recordings). Every pass keeps state, which lets answers and the ICMP errors of a
 * connection through. Addresses are literals: a name that does not resolve at boot would keep all of pf.conf from
 * loading.
 */
export function anchorRules(host: TunnelHost, fleet: Fleet): string {
  const { interface: wg, port } = fleet.tunnel;
  const rules = [
    ...(host.role === 'relay' ? tunnelPackets(port, fleet.packetFilter.fixedSourcePort) : []),
    ...(host.role === 'relay' && fleet.packetFilter.mx ? mailFromOutside(host, wg) : []),
    ...peersOf(host, fleet).flatMap(peer => [
      ...(family(host) === family(peer) ? passTo(wg, host, peer) : []),
      ...passElse(wg, host, peer, fleet),
    ]),
  ];
  return `${[MARKED, ...kept(rules), `block return quick on ${wg}`].join('\n')}\n`;
}

/** So many rules that differ in their addresses may become one with a table (TABLE_THRESHOLD in pfctl_optimize.c). */
const TABLE_RULES = 6;

/**
 * pfctl(8) gives that table another name each time, so that nobody could tell whether the file's rules are loaded. It leaves a rule
 * with a label as it is.
 */
function kept(rules: readonly string[]): readonly string[] {
  const kindOf = (rule: string): string => rule.replace(/ from \S+ to \S+/, '');
  const counts = new Map<string, number>();
  for (const kind of rules.map(kindOf)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return rules.map(rule => ((counts.get(kindOf(rule)) ?? 0) < TABLE_RULES ? rule : `${rule} label "${ANCHOR}"`));
}

/** A NAT may rewrite the gateway's port, so any port is accepted unless the inventory says otherwise. */
const tunnelPackets = (port: number, fixedSourcePort: boolean): readonly string[] =>
  fixedSourcePort
    ? [
        `pass in quick on egress proto udp from any port ${port} to (egress) port ${port}`,
        `block in quick on egress proto udp from any port != ${port} to (egress) port ${port}`,
      ]
    : [`pass in quick on egress proto udp from any to (egress) port ${port}`];

/** With quick, because the user's own rules come later: a default of `block in` would decide. */
const mailFromOutside = (relay: Relay, wg: string): readonly string[] =>
  [...new Set(relay.mx.map(mx => mx.address))].map(
    address => `pass in quick on ! ${wg} ${inetOf(address)} proto tcp from any to ${address} port 25`,
  );

/**
 * Mail and ping, and ssh where mailtun itself needs it. Of two families, as while an end that joins waits for the others to change
 * theirs, there is nothing to pass, and pfctl(8) refuses such a rule (expand_rule() in parse.y).
 */
const passTo = (wg: string, host: TunnelHost, peer: TunnelHost): readonly string[] => [
  ...passBetween(wg, host, peer),
  ...throughSsh(host).map(ssh => `pass in quick on ${wg} ${tcp(peer, host)} port ${ssh}`),
  ...throughSsh(peer).map(ssh => `pass out quick on ${wg} ${tcp(host, peer)} port ${ssh}`),
];

const passBetween = (wg: string, host: TunnelHost, peer: TunnelHost): readonly string[] => [
  `pass in quick on ${wg} ${echo(peer, host)}`,
  `pass out quick on ${wg} ${echo(host, peer)}`,
  `pass in quick on ${wg} ${tcp(peer, host)} port 25`,
  `pass out quick on ${wg} ${tcp(host, peer)} port 25`,
];

const family = (host: TunnelHost): string => inetOf(host.tunnel.address);

const echo = (from: TunnelHost, to: TunnelHost): string => {
  const icmp = family(from) === 'inet' ? 'icmp' : 'icmp6';
  return `${family(from)} proto ${icmp} from ${from.tunnel.address} to ${to.tunnel.address} ${icmp}-type echoreq`;
};

const tcp = (from: TunnelHost, to: TunnelHost): string =>
  `${family(from)} proto tcp from ${from.tunnel.address} to ${to.tunnel.address}`;

/** The port of sshd where the inventory reaches a host through the tunnel itself: that connection must not be blocked. */
const throughSsh = ({ ssh, tunnel }: TunnelHost): readonly number[] =>
  ssh.kind === 'ssh' && [tunnel.name, tunnel.address].includes(plainHost(ssh.host)) ? [ssh.port ?? 22] : [];
