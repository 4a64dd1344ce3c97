/** The last check of a run that has changed a tunnel: whether packets pass it. */
import { WG_INTERFACES } from '../facts/interfaces.ts';
import { type Fleet, gatewaysOf, type Relay, relaysOf } from '../hosts/fleet.ts';
import { observeAll } from '../run/converge.ts';
import { Failure } from '../run/failure.ts';
import type { Observed } from '../run/resource.ts';
import type { Outcome, Target } from '../run/target.ts';
import { peerTo } from '../tasks/tunnel-peers.ts';
import { answeringPeers } from '../tasks/tunnel-verification.ts';

/** Adds a failure to the outcomes where a changed tunnel does not answer although both its ends are configured. */
export async function withTunnelsChecked(
  fleet: Fleet,
  targets: readonly Target[],
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const made = (name: string): boolean => outcomes.some(one => one.host === name && one.failure === null);
  const interfaceId = `interface ${fleet.tunnel.interface}`;
  const changed = outcomes.some(one => one.changes.some(change => change.applied && change.resource === interfaceId));
  const relays = relaysOf(fleet).filter(({ name }) => made(name));
  const gateways = gatewaysOf(fleet).filter(({ name }) => made(name));
  if (!changed || relays.length === 0 || gateways.length === 0) return outcomes;
  // A gateway whose own end was changed was asked when the change was confirmed.
  const settled = new Map(outcomes.flatMap(({ host, settled }) => (settled ? [[host, settled] as const] : [])));
  const silentEnds = targets.flatMap(({ host, connect, reconnect }): Target[] => {
    const gateway = gateways.find(({ name }) => name === host);
    if (!gateway || settled.has(host)) return [];
    return [
      { host, connect, reconnect, assigned: [], publishes: [], asks: [answeringPeers(gateway, fleet), WG_INTERFACES] },
    ];
  });
  const observation = await observeAll(silentEnds, {
    concurrency: silentEnds.length,
    provided: new Map(),
    onProgress: () => {},
  });
  const answersOf = (name: string) => settled.get(name) ?? observation.find(({ host }) => host === name)?.observed;
  return outcomes.map(outcome => {
    const gateway = gateways.find(({ name }) => name === outcome.host);
    const answers = answersOf(outcome.host);
    if (!gateway || !answers) return outcome;
    const said = answers.get(answeringPeers(gateway, fleet));
    const silent = relays.filter(relay => isSentTo(relay, answers) && !said.includes(relay.tunnel.address));
    return silent.length === 0 ? outcome : { ...outcome, failure: silence(outcome.host, silent, fleet.path) };
  });
}

/** Whether the inventory's address of a relay is in force: where a change of it waits for another host, nobody answers from it. */
const isSentTo = ({ tunnel }: Relay, answers: Observed): boolean =>
  answers.get(WG_INTERFACES).some(one => peerTo(one, tunnel.address));

const silence = (gateway: string, relays: readonly Relay[], inventory: string): Failure =>
  new Failure(
    'tunnel-silent',
    `everything is set up, but the tunnel to ${relays.map(({ name }) => name).join(' and ')} does not answer`,
    gateway,
    `run mailtun doctor ${inventory} to find out why`,
  );
