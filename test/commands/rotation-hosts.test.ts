import { describe, expect, it } from 'vitest';
import { chosenTurns, runsOf } from '../../src/commands/rotation-hosts.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { article, many } from '../hosts/inventories.ts';

const fleetOf = (text: string) => readInventory('inventory.yaml', text);

describe('rotate-keys --host', () => {
  it('is wrong usage for a host without a key, and names those that have one', () => {
    expect(() => chosenTurns(fleetOf(article), { host: ['mimando'] })).toThrow(
      expect.objectContaining({
        what: 'mimando has no WireGuard key',
        where: '--host',
        remedy: 'one of namorar, carinho',
      }),
    );
  });

  it('rotates both ends for one end of a single tunnel; a workstation makes no difference', () => {
    const turns = chosenTurns(fleetOf(article), { host: ['mimando', 'carinho'] });
    expect(turns.map(turn => turn.rotating.map(host => host.name))).toEqual([['namorar', 'carinho']]);
  });

  it('changes nothing on hosts that take no part, which are only asked', () => {
    const fleet = fleetOf(many);
    const turns = chosenTurns(fleet, { host: ['segundo'] });
    const [turn] = turns;
    const ours = [...runsOf(fleet, turns)].filter(([, run]) => run.isOurs).map(([name]) => name);
    expect(ours.toSorted()).toEqual(['segundo', ...(turn?.following ?? []).map(host => host.name)].toSorted());
    expect([...runsOf(fleet, turns).keys()]).toEqual(fleet.hosts.filter(isTunnelHost).map(host => host.name));
    expect(ours.length).toBeLessThan(fleet.hosts.filter(isTunnelHost).length);
  });
});
