/** What a run judges on each host. */
import { WG_INTERFACES } from '../facts/interfaces.ts';
import { PUT_BACK } from '../facts/put-back.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { OWN_TUNNELS } from '../resources/former-tunnels.ts';
import type { Target } from '../run/target.ts';
import { type Assigned, assign } from '../run/task.ts';
import { allTasks } from '../tasks/all.ts';
import { agreements } from '../tasks/desire.ts';
import { standingQuestions } from '../tasks/in-force.ts';
import { isTunnelHost, type TunnelHost } from '../tasks/neighbours.ts';
import { formerAddresses } from '../tasks/tunnel-peers.ts';
import { tunnelTrial } from '../tasks/tunnel-trial.ts';
import { answeringPeers, callUnanswered, tunnelCall, tunnelVerification } from '../tasks/tunnel-verification.ts';
import type { Connections } from './connections.ts';
import { chosen, chosenHosts } from './fleet.ts';
import type { CommonOptions } from './terminal.ts';

/** The chosen hosts and tasks. */
interface Selection extends CommonOptions {
  readonly only?: readonly string[];
}

/**
 * The targets of all hosts. Those that were not chosen are only asked for what the chosen ones need from them.
 * @throws Failure for a host or a task that does not exist.
 */
export function targetsOf(fleet: Fleet, selection: Selection, connections: Connections): readonly Target[] {
  const hosts = chosenHosts(fleet, selection);
  const tasks = chosenTasks(selection.only);
  const desire = agreements(fleet, allTasks, task => tasks.has(task));
  return fleet.hosts.map(host => {
    const all = assign(allTasks, host, fleet);
    // When TLS is turned off, its files are needed until no host uses it, which only the answers show.
    const withTls = fleet.mail.tls ? [] : assign(allTasks, host, { ...fleet, stillTls: true });
    return {
      host: host.name,
      assigned: hosts.has(host.name) ? all.filter(one => tasks.has(one.task)) : [],
      desire: desire(host, hosts.has(host.name)),
      publishes: all.filter(publishes),
      connect: () => connections.connect(host),
      reconnect: () => connections.reconnect(host),
      asks: [
        ...(isTunnelHost(host) ? [WG_INTERFACES, OWN_TUNNELS, PUT_BACK] : []),
        ...standingQuestions(host, fleet),
        ...[...all.filter(one => one.task === 'smtpd'), ...withTls].flatMap(one => one.resource.questions),
      ],
      ...(isTunnelHost(host) ? tunnelEnd(host, fleet) : {}),
      isCalled: host.role === 'relay',
    };
  });
}

const tunnelEnd = (host: TunnelHost, fleet: Fleet): Pick<Target, 'verification' | 'trial' | 'call' | 'afterRisk'> => ({
  verification: tunnelVerification(host, fleet, formerAddresses(host, fleet)),
  trial: tunnelTrial(host, fleet, formerAddresses(host, fleet)),
  call: tunnelCall(host, fleet),
  afterRisk: { call: callUnanswered(host, fleet), asks: host.role === 'gateway' ? [answeringPeers(host, fleet)] : [] },
});

/** The names of --only, or all tasks. @throws Failure for one that does not exist. */
export const chosenTasks = (only: readonly string[] | undefined): ReadonlySet<string> =>
  chosen(
    'task',
    only,
    allTasks.map(task => task.name),
  );

const publishes = ({ resource }: Assigned): boolean => resource.publish !== undefined || resource.recall !== undefined;
