import { describe, expect, it } from 'vitest';
import type { Observed } from '../../src/engine/resource.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { tunnelProof } from '../../src/tasks/tunnel-proof.ts';
import { answer, observing } from '../answers.ts';
import { article } from '../hosts/inventories.ts';

const fleet = readInventory('inventory.yaml', article);

const wg = (peer: string, far: string, more = ''): Observed =>
  observing([], {
    'ifconfig -A': answer(
      `wg0: flags=80c3<UP> mtu 1420\n\twgpeer ${peer}\n\t\twgpka 25 (sec)\n${more}\t\twgaip ${far}/128\n`,
    ),
  });
const shaken = (seconds: number): string => `\t\tlast handshake: ${seconds} seconds ago\n`;

function proof(name: string, before: Observed, now: Observed): readonly string[] | null {
  const host = fleet.hosts.find(one => one.name === name);
  if (!host || !isTunnelHost(host)) throw new Error(`${name} has no tunnel`);
  return tunnelProof(host, fleet)(before, now)?.args ?? null;
}

describe('the proof of a tunnel', () => {
  const far = '2001:db8:c1da::2';

  it('is wanted where a handshake was younger than three minutes before the change', () => {
    expect(proof('carinho', wg('old=', far, shaken(150)), wg('new=', far))).toEqual(['wg0', far, 'new=', '25']);
  });

  it('is not wanted where the tunnel did not work before', () => {
    expect(proof('carinho', wg('old=', far), wg('new=', far))).toBeNull();
    expect(proof('carinho', wg('old=', far, shaken(200)), wg('new=', far))).toBeNull();
    expect(proof('carinho', observing(), wg('new=', far))).toBeNull();
  });

  it('asks for the peer that is there now, whatever it was before; none there can be no proof', () => {
    expect(proof('carinho', wg('old=', far, shaken(1)), observing())).toEqual(['wg0', far, 'none', '0']);
  });

  it('of a relay that does not know where its gateway is waits to be called', () => {
    const near = '2001:db8:c1da::1';
    expect(proof('namorar', wg('old=', near, shaken(1)), wg('old=', near))?.at(-1)).toBe('');
    const known = wg('old=', near, '\t\twgendpoint 192.0.2.77 6900\n');
    expect(proof('namorar', wg('old=', near, shaken(1)), known)?.at(-1)).toBe('25');
  });
});
