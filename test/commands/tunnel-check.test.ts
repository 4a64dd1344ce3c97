/** After a run that has changed a tunnel: what does not answer is reported, unless nobody is to answer there yet. */
import { describe, expect, it } from 'vitest';
import { withTunnelsChecked } from '../../src/commands/tunnel-check.ts';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import type { Outcome } from '../../src/run/target.ts';
import { answeringPeers } from '../../src/tasks/tunnel-verification.ts';
import { answer, observing } from '../answers.ts';
import { article, fleetOf, hostOf } from '../tasks/fleets.ts';

const fleet = fleetOf(article);
const gateway = hostOf(fleet, 'carinho');
if (gateway.role !== 'gateway') throw new Error('carinho is the gateway');
const peers = answeringPeers(gateway, fleet);

const outcome = (host: string, more: Partial<Outcome> = {}): Outcome => ({
  host,
  changes: [],
  unchanged: 0,
  failure: null,
  roundTrips: 2,
  notes: [],
  ...more,
});

/** @param to the address that the gateway sends to. @param said who answers. */
async function codesWith(to: string, said = ''): Promise<readonly (string | null)[]> {
  const wg = `wg0: flags=80c3<UP> mtu 1420\n\twgport 6900\n\twgpeer ${'n'.repeat(42)}0=\n\t\twgaip ${to}/128\n`;
  const settled = observing([], { [WG_INTERFACES.name]: answer(wg), [peers.name]: answer(said) });
  const change = { resource: 'interface wg0', applied: true } as Outcome['changes'][number];
  const outcomes = [outcome('namorar'), outcome('carinho', { changes: [change], settled })];
  return (await withTunnelsChecked(fleet, [], outcomes)).map(({ failure }) => failure?.code ?? null);
}

describe('the tunnel to a relay', () => {
  const wanted = '2001:db8:c1da::2';
  it('that does not answer is reported', async () => {
    expect(await codesWith(wanted)).toEqual([null, 'tunnel-silent']);
  });
  it('that answers is not', async () => {
    expect(await codesWith(wanted, `${wanted}\n`)).toEqual([null, null]);
  });
  it('whose address is to be another one, and is held back, is not asked for that', async () => {
    expect(await codesWith('2001:db8:c1da::12')).toEqual([null, null]);
  });
});
