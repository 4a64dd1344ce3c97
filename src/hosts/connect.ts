/** Opens a Session with a host of the inventory, by whatever route. */
import type { Session } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { bracketed } from './addresses.ts';
import { fallingBack } from './fall-back.ts';
import type { Fleet, Host, SshTarget } from './fleet.ts';
import { shellSession } from './shell/shell.ts';
import type { ShellOptions } from './shell/shell-streams.ts';
import { type AskedAhead, asKey } from './ssh/ask-ahead.ts';
import type { SshConfig, SshWords } from './ssh/configuration.ts';
import { hostKeyCheck } from './ssh/host-key.ts';
import { keysFor, ownKey } from './ssh/keys.ts';
import type { Destination } from './ssh/login-faults.ts';
import { isAlive, masterShell, masterWords } from './ssh/master.ts';
import { createPool, type Pool } from './ssh/pool.ts';
import { type Journey, openRoute, shareOf } from './ssh/route.ts';
import { sshConfig, sshOptions } from './ssh/ssh-config.ts';
import { refuseOutboundName, withTunnelHint } from './ssh/tunnel-routes.ts';

/** Options of a connection. */
export interface ConnectOptions {
  /** Shell functions for every section of the session; sent once. */
  readonly prelude?: string;
  /** Whether to use a new TCP connection and never a master connection of ssh(1). */
  readonly isAnew?: boolean;
  /** Logins shared by the hosts of a run; without it, the session opens its own TCP connections. */
  readonly pool?: Pool;
  /** For each step of a login; the default is ConnectTimeout of ssh_config, or else 10. */
  readonly connectTimeoutSeconds?: number;
  /** As in ShellOptions. */
  readonly silenceSeconds?: number;
  /** As `ssh -F`. */
  readonly sshConfigFile?: string;
  /** What ssh has been asked before. */
  readonly asked?: AskedAhead;
  /** Called when the connection has been started and there is nothing left but to wait. */
  readonly onDialled?: () => void;
}

/**
 * Opens a session as root. The first exchange shows whether its shell runs as root, without a round trip of its own. To
 * reconnect over a new TCP connection, connect again without a pool and with `isAnew`.
 *
 * A master connection of ssh(1) is used if one is alive, unless the inventory has a `host_key`: ssh has not compared the
 * master's host key with that.
 * @throws Failure
 */
export async function connect(
  host: Pick<Host, 'name' | 'ssh'>,
  fleet: Pick<Fleet, 'hosts'>,
  options: ConnectOptions = {},
): Promise<Session> {
  const { name, ssh } = host;
  if (ssh.kind === 'local') {
    const { localShell } = await import('./local.ts');
    return shellSession(name, localShell(ssh.become), shellOptions(ssh.become, options));
  }
  const pool = options.pool ?? createPool();
  const ask = asking(options);
  const config = await ask(name, jumpTarget(ssh, fleet));
  refuseOutboundName(host, config, fleet);
  const login = () =>
    sessionOfOurOwn(host.name, ssh, { fleet, pool, trail: [], reach: reachWith(ask, options) }, options);
  if (options.isAnew)
    return login().catch(error => {
      throw error instanceof Failure ? withTunnelHint(error, host, config, fleet) : error;
    });
  if (ssh.hostKey !== null) return login();
  if (config.controlPath === null || !(await isAlive(config.controlPath))) return login();
  const shell = masterShell(masterWords(config, ssh, rootShell(ssh.become), options.sshConfigFile));
  return fallingBack(shellSession(name, shell, shellOptions(ssh.become, options)), login);
}

async function sessionOfOurOwn(
  name: string,
  ssh: SshTarget & { kind: 'ssh' },
  journey: Journey,
  options: ConnectOptions,
): Promise<Session> {
  const share = await shareOf(name, ssh, journey);
  try {
    const streams = await share.login.exec(rootShell(ssh.become));
    const close = async (): Promise<void> => {
      await streams.close();
      await share.release();
    };
    return shellSession(name, { ...streams, close }, shellOptions(ssh.become, options));
  } catch (error) {
    await share.release();
    throw error;
  }
}

/** A command that any login shell accepts, csh included. */
const rootShell = (become: 'doas' | null): string => (become ? 'exec /usr/bin/doas -n /bin/sh' : 'exec /bin/sh');

type AskConfig = (where: string, target: SshWords) => Promise<SshConfig>;

/** Runs `ssh -G` once for the same arguments. */
function asking({ sshConfigFile, asked }: ConnectOptions): AskConfig {
  const answers = new Map<string, Promise<SshConfig>>();
  const ask: AskConfig = async (where, target) => asked?.(target) ?? sshConfig(where, target, sshConfigFile);
  return (where, target) => {
    const answer = answers.get(asKey(target)) ?? ask(where, target);
    answers.set(asKey(target), answer);
    return answer;
  };
}

/** What ssh is asked about each of these hosts first. */
export const firstAsked = (hosts: readonly Pick<Host, 'ssh'>[], fleet: Pick<Fleet, 'hosts'>): readonly SshWords[] =>
  hosts.flatMap(({ ssh }) => (ssh.kind === 'ssh' ? [jumpTarget(ssh, fleet)] : []));

/** The target for which `ssh -G` prints the ControlPath: with `-J` for a host that is reached through another one. */
function jumpTarget(ssh: SshTarget & { kind: 'ssh' }, fleet: Pick<Fleet, 'hosts'>): SshWords {
  const through = fleet.hosts.find(({ name }) => name === ssh.jump)?.ssh;
  if (through?.kind !== 'ssh') return ssh;
  const { user, host, port } = through;
  return {
    ...ssh,
    // Not as an ssh:// URI: of those ssh takes none with an IPv6 address (valid_domain() in parse_uri() of misc.c).
    proxyJump: `${user === null ? '' : `${user}@`}${bracketed(host)}${port === null ? '' : `:${port}`}`,
  };
}

const shellOptions = (become: 'doas' | null, { prelude, silenceSeconds }: ConnectOptions): ShellOptions => ({
  become,
  ...(prelude === undefined ? {} : { prelude }),
  ...(silenceSeconds === undefined ? {} : { silenceSeconds }),
});

/** A host that is up answers at once, but a slow or busy one may need longer for each stage of a login. */
const CONNECT_SECONDS = 10;
const LOGIN_SECONDS = 30;

/** Makes every login of a run, including those with jump hosts. */
const reachWith =
  (ask: AskConfig, options: ConnectOptions): Journey['reach'] =>
  async (where, target, journey) => {
    const [config, ssh] = await Promise.all([ask(where, target), import('./ssh/session.ts')]);
    const { hostname, port, user, agentSocket } = config;
    const command = ['ssh', ...sshOptions(target), target.host].join(' ');
    const destination: Destination = { where, hostname, port, user, command };
    const chosen = options.connectTimeoutSeconds ?? config.connectTimeoutSeconds;

    const preferred = await ownKey(where, target.identityFile);
    const opening = openRoute(destination, target, { ...config, timeoutSeconds: chosen ?? CONNECT_SECONDS }, journey);
    // It is awaited below; until then its failure must not count as unhandled.
    opening.catch(() => {});
    options.onDialled?.();
    const [hostKey, keys] = await Promise.all([
      hostKeyCheck(where, target, config, target.hostKey),
      keysFor(config, preferred),
    ]);

    const { stream, leave } = await opening;
    try {
      const sign = journey.pool.signer(ssh.openKey, agentSocket, where);
      const timeoutSeconds = chosen ?? LOGIN_SECONDS;
      const login = await ssh.logIn({ destination, socket: stream, hostKey, keys, sign, timeoutSeconds });
      void login.ended.then(leave);
      return login;
    } catch (error) {
      await leave();
      throw error;
    }
  };
