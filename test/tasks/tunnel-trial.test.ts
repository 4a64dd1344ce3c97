import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { PUT_BACK } from '../../src/facts/put-back.ts';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import type { Observed } from '../../src/run/resource.ts';
import { verificationSection } from '../../src/run/verification.ts';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { tunnelTrial } from '../../src/tasks/tunnel-trial.ts';
import { answer, answering } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from '../run/sandbox.ts';
import { fleetOf, hostOf, twoRelays } from './fleets.ts';

const fleet = fleetOf(twoRelays);
const gateway = hostOf(fleet, 'carinho');
if (!isTunnelHost(gateway)) throw new Error('carinho has no tunnel');

const [two, three] = ['2001:db8:c1da::2', '2001:db8:c1da::3'];
const shaken = (seconds: number): string => `\t\tlast handshake: ${seconds} seconds ago\n`;
const peer = (key: string, address: string, more = ''): string =>
  `\twgpeer ${key}\n\t\twgpka 25 (sec)\n${more}\t\twgaip ${address}/128\n`;
const wg = (one = '', other = ''): string =>
  `wg0: flags=80c3<UP> mtu 1420\n${peer('namorar=', two, one)}${peer('saudade=', three, other)}`;
const seen = (ifconfig: string, putBack = ''): Observed =>
  answering([WG_INTERFACES, OWN_TUNNELS, PUT_BACK], [], {
    'ifconfig -A': answer(ifconfig),
    'what was put back': answer(putBack),
  });
const trial = (observed: Observed, ...away: readonly string[]) =>
  tunnelTrial(gateway, fleet)(observed, observed, new Set(away));
const addresses = (...words: Parameters<typeof trial>) => trial(...words)?.command.args.slice(1) ?? null;

describe('before a tunnel is changed', () => {
  it('those ends have to answer that worked and cannot be asked', () => {
    const both = seen(wg(shaken(9), shaken(9)));
    expect(addresses(both, 'saudade')).toEqual([three]);
    expect(addresses(both, 'saudade', 'namorar')).toEqual([two, three]);
    expect(addresses(both)).toBeNull();
    expect(addresses(both, 'mimando')).toBeNull();
  });
  it('not one that did not work', () => {
    expect(addresses(seen(wg(shaken(9), shaken(200))), 'saudade')).toBeNull();
  });
  it('but one that worked until the change was rolled back: the far end may not have done that yet', () => {
    const putBack = (age: number): string => `# ${age}\n${wg(shaken(9), shaken(9))}`;
    expect(addresses(seen(wg(shaken(1)), putBack(10)), 'saudade')).toEqual([three]);
    expect(addresses(seen(wg(shaken(1)), putBack(300)), 'saudade')).toBeNull();
  });
});

describe.each(pdksh)('under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());
  const tried = () => {
    const made = trial(seen(wg(shaken(9), shaken(9))), 'saudade', 'namorar');
    return host.run(made ? verificationSection(made).script : 'exit 9');
  };

  it('all of them answer', async () => {
    host.write('answers', '');
    expect((await tried()).exit).toBe(0);
  });
  it('says which one does not', async () => {
    const { exit, stderr } = await tried();
    expect([exit, stderr]).toEqual([1, expect.stringContaining(`${two} does not answer through wg0 now`)]);
  });
});
