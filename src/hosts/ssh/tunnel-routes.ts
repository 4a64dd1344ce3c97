/** Routes that ssh_config(5) leads through the tunnel although the inventory does not say so. Pure. */
import { Failure } from '../../run/failure.ts';
import { familyOf, plainHost } from '../addresses.ts';
import type { Fleet, Host } from '../fleet.ts';
import type { SshConfig } from './configuration.ts';

type Hosts = Pick<Fleet, 'hosts'>;
type Resolved = Pick<SshConfig, 'hostname' | 'proxyJump' | 'proxyCommand'>;

/**
 * Refuses a HostName that is a relay's outbound name if a gateway resolves it: in its hosts(5) that name has the address
 * inside the tunnel, where only mail is passed. It would work only until that file is written.
 * @throws Failure
 */
export function refuseOutboundName(host: Pick<Host, 'name' | 'ssh'>, config: Resolved, { hosts }: Hosts): void {
  const { ssh } = host;
  if (ssh.kind !== 'ssh') return;
  const relay = hosts.find(one => one.role === 'relay' && one.outbound.name === plainHost(config.hostname));
  const from = relay && resolver(ssh.jump, config, hosts);
  if (!relay || !from) return;
  const address = relay.role === 'relay' && familyOf(relay.endpoint) !== null ? relay.endpoint : 'its address';
  throw new Failure(
    'ssh-config-unusable',
    `"${config.hostname}", HostName of "${ssh.host}" in ssh_config, is ${relay.name}'s outbound name, which ${from.name} resolves to an address in the tunnel, where ssh is not passed`,
    host.name,
    `write HostName ${address} there, or a name of its own`,
  );
}

/** The gateway whose hosts(5) resolves a HostName; undefined where no gateway does. */
function resolver(jump: string | null, { proxyJump, proxyCommand }: Resolved, hosts: Hosts['hosts']): Host | undefined {
  const gateways = hosts.filter(one => one.role === 'gateway');
  if (jump !== null) return gateways.find(({ name }) => name === jump);
  const last = proxyJump.at(-1);
  if (last) return gateways.find(({ ssh }) => ssh.kind === 'ssh' && plainHost(ssh.host) === plainHost(last.host));
  return proxyCommand === null ? gateways.find(({ ssh }) => ssh.kind === 'local') : undefined;
}

/**
 * Adds a hint to the failure of a new connection through the tunnel: the packet filter passes ssh according to the
 * inventory, not to ssh_config.
 */
export function withTunnelHint(
  error: Failure,
  host: Pick<Host, 'name' | 'ssh'>,
  { hostname }: Resolved,
  { hosts }: Hosts,
): Failure {
  const { ssh } = host;
  const end = hosts.find(
    one => one.role !== 'workstation' && [one.tunnel.name, one.tunnel.address].includes(plainHost(hostname)),
  );
  if (!end || end.role === 'workstation' || ssh.kind !== 'ssh') return error;
  if ([end.tunnel.name, end.tunnel.address].includes(plainHost(ssh.host))) return error;
  return new Failure(
    error.code,
    `${error.what}; "${hostname}", HostName of "${ssh.host}" in ssh_config, leads through the tunnel`,
    error.where,
    `write ${hostname} as ssh of ${host.name} in the inventory, with its jump, so that pf passes ssh in the tunnel`,
  );
}
