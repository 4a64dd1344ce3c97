/** The last check of a run that has changed a tunnel: whether packets pass it. */
import { type Fleet, gatewaysOf, relaysOf } from '../hosts/fleet.ts';
import { observeAll } from '../run/converge.ts';
import { Failure } from '../run/failure.ts';
import type { Outcome, Target } from '../run/target.ts';
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
    return [{ host, connect, reconnect, assigned: [], publishes: [], asks: [answeringPeers(gateway, fleet)] }];
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
    const silent = relays.filter(({ tunnel }) => !said.includes(tunnel.address)).map(({ name }) => name);
    return silent.length === 0 ? outcome : { ...outcome, failure: silence(outcome.host, silent, fleet.path) };
  });
}

const silence = (gateway: string, relays: readonly string[], inventory: string): Failure =>
  new Failure(
    'tunnel-silent',
    `everything is set up, but the tunnel to ${relays.join(' and ')} does not answer`,
    gateway,
    `run mailtun doctor ${inventory} to find out why`,
  );
