/** The route to a host's sshd: direct, by ProxyCommand, or through other hosts. */
import type { Duplex } from 'node:stream';
import { Failure } from '../../run/failure.ts';
import type { Fleet, SshTarget } from '../fleet.ts';
import type { SshConfig, SshWords } from './configuration.ts';
import type { Login } from './login.ts';
import type { Destination } from './login-faults.ts';
import type { Pool, Share } from './pool.ts';
import { openProxy, openTcp } from './socket.ts';

/** Where to log in: a host of the inventory, or a ProxyJump of ssh_config. */
interface Target extends SshWords {
  /** `SHA256:…`, or null: known_hosts decides. */
  readonly hostKey: string | null;
  /** The inventory name of the jump host, or the hops of a ProxyJump; null: ssh_config decides. */
  readonly jump: string | readonly SshWords[] | null;
}

/** What is needed to open a route besides its target. */
export interface Journey {
  readonly fleet: Pick<Fleet, 'hosts'>;
  readonly pool: Pool;
  /** The ProxyJumps of ssh_config that lead to the target, outermost first. */
  readonly trail: readonly string[];
  readonly reach: (where: string, target: Target, journey: Journey) => Promise<Login>;
}

/** A stream to sshd, and a function that releases what it uses. */
interface Route {
  readonly stream: Duplex;
  leave(): Promise<void>;
}

/** A reference to the login with a host of the inventory. @throws Failure */
export const shareOf = (name: string, ssh: SshTarget & { kind: 'ssh' }, journey: Journey): Promise<Share> =>
  journey.pool.share(`host ${name}`, () => journey.reach(name, ssh, journey));

/** Opens a route. @throws Failure, with nothing left open. */
export async function openRoute(
  destination: Destination,
  target: Target,
  config: SshConfig & { readonly timeoutSeconds: number },
  journey: Journey,
): Promise<Route> {
  const { jump } = target;
  if (typeof jump === 'string') {
    // Reading the inventory has checked that there is such a host and that jumps are not circular.
    const through = journey.fleet.hosts.find(({ name }) => name === jump)?.ssh;
    if (through?.kind === 'ssh') return openJump(destination, jump, () => shareOf(jump, through, journey));
  } else {
    const hops = jump ?? config.proxyJump;
    const last = hops.at(-1);
    // As with ssh, a jump host whose own configuration leads back to it is connected to directly.
    if (last && !journey.trail.includes(nameOf(hops))) return openHops(destination, last, hops, journey);
    if (!last && config.proxyCommand !== null) {
      if (config.proxyPassesSocket) throw passesSocket(destination);
      const stream = openProxy(destination, config.proxyCommand, target.host);
      return { stream, leave: async () => void stream.destroy() };
    }
  }
  return { stream: await openTcp(destination, config), leave: async () => {} };
}

const passesSocket = ({ where, command }: Destination): Failure =>
  new Failure(
    'ssh-config-unusable',
    'ProxyUseFdpass is set, and only ssh itself can take over the connection that its ProxyCommand hands it',
    where,
    `use a command that transfers the data (ProxyUseFdpass no; nc without -F), or start a master connection: ${command} -fN with ControlMaster and ControlPath`,
  );

/**
 * Logs in to the last hop through those before it, and to the first one as its own ssh_config says. Hosts share the
 * login with a jump host only where the hops before it are the same: otherwise two routes might wait for each other.
 */
function openHops(
  destination: Destination,
  last: SshWords,
  hops: readonly SshWords[],
  journey: Journey,
): Promise<Route> {
  const before = hops.slice(0, -1);
  const target = { ...last, hostKey: null, jump: before.length > 0 ? before : null };
  const trail = [...journey.trail, nameOf(hops)];
  return openJump(destination, last.host, () =>
    journey.pool.share(`jump ${trail.join(' ')}`, () =>
      journey.reach(destination.where, target, { ...journey, trail }),
    ),
  );
}

const nameOf = (hops: readonly SshWords[]): string =>
  hops.map(({ user, host, port }) => `${user ?? ''}@${host}:${port ?? ''}`).join(',');

async function openJump(destination: Destination, name: string, shared: () => Promise<Share>): Promise<Route> {
  const share = await shared().catch(error => {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.code,
      `the connection goes through ${name}: ${error.what}`,
      destination.where,
      error.remedy,
    );
  });
  try {
    return { stream: await share.login.forward(destination), leave: share.release };
  } catch (error) {
    await share.release();
    throw error;
  }
}
