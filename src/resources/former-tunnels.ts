/** Tunnel interfaces that mailtun has made and that the inventory no longer names. */

import type { WgInterface } from '../facts/ifconfig.ts';
import { tunnelsMarked } from '../facts/own-tunnels.ts';
import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { andAlso, change, type Observed, type Resource, type Step } from '../run/resource.ts';
import { MARK } from './file.ts';
import { removes, unneeded } from './unwanted-files.ts';
import { RETIRE } from './wg-kept.ts';

/** The wg(4) interfaces whose hostname.if(5) mailtun has written. */
export const OWN_TUNNELS = tunnelsMarked(MARK);

/** Names of mailtun's own interfaces besides `wanted`. */
export const formerTunnels = (observed: Observed, wanted: string): readonly string[] =>
  observed.get(OWN_TUNNELS).filter(name => name !== wanted);

const RETIRE_KEPT = `${RETIRE}
keep_running interface "$1" && retire_interface "$1"
`;

/** Steps that take down those former interfaces that are still up. */
export const retireSteps = (former: readonly string[], all: readonly WgInterface[]): readonly Step[] =>
  former
    .filter(name => {
      const now = all.find(one => one.name === name);
      return now !== undefined && (now.up || now.peers.length > 0 || now.addresses.length > 0);
    })
    .map(name => ({ label: `takes ${name} down`, command: command(RETIRE_KEPT, name) }));

/**
 * @throws Failure if an interface that is not mailtun's has the port; it is not changed.
 */
export function refuseTakenPort(
  wanted: { readonly name: string; readonly port: number },
  now: WgInterface | null,
  former: readonly string[],
  all: readonly WgInterface[],
) {
  const { name, port } = wanted;
  if (now?.up && now.port === port) return;
  const holder = all.find(one => one.up && one.port === port && one.name !== name && !former.includes(one.name));
  if (holder)
    throw new Failure(
      'port-taken',
      `UDP ${port} is in use by ${holder.name}, which mailtun did not create and does not change`,
      `interface ${name}`,
      `set another tunnel.port in the inventory, or tunnel.interface: ${holder.name} if mailtun is to use it, or destroy ${holder.name} by hand`,
    );
}

/** A hostname.if(5) of mailtun's; those of its former interfaces are removed. */
export const onlyTunnelFile = (file: Resource, wanted: string): Resource => ({
  ...file,
  questions: [...file.questions, OWN_TUNNELS],
  judge(observed, world) {
    const made = file.judge(observed, world);
    const former = formerTunnels(observed, wanted);
    if (former.length === 0) return made;
    const paths = former.map(name => `/etc/hostname.${name}`);
    const gone = change(file.id, paths.map(unneeded), paths.map(removes), { risk: 'next boot' });
    return made === null ? gone : andAlso(made, gone);
  },
});
