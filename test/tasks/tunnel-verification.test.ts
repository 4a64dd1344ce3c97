import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { PUT_BACK } from '../../src/facts/put-back.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import { script } from '../../src/run/quoting.ts';
import type { Observed } from '../../src/run/resource.ts';
import { verificationSection } from '../../src/run/verification.ts';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { DEAD_MAN } from '../../src/tasks/rollback.ts';
import { formerAddresses } from '../../src/tasks/tunnel-peers.ts';
import { callUnanswered, tunnelCall, tunnelVerification } from '../../src/tasks/tunnel-verification.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { article } from '../hosts/inventories.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from '../run/sandbox.ts';
import { fleetOf, hostOf, twoGateways, twoRelays } from './fleets.ts';

const fleet = readInventory('inventory.yaml', article);

/** A host's answers to what is asked of its tunnels. */
const host = (ifconfig = '', more: Readonly<Record<string, string>> = {}): Observed =>
  answering(
    [WG_INTERFACES, OWN_TUNNELS, PUT_BACK],
    [],
    Object.fromEntries(
      Object.entries({ 'ifconfig -A': ifconfig, ...more }).map(([name, text]) => [name, answer(text)]),
    ),
  );
const wgText = (peer: string, far: string, more = ''): string =>
  `wg0: flags=80c3<UP> mtu 1420\n\twgpeer ${peer}\n\t\twgpka 25 (sec)\n${more}\t\twgaip ${far}/128\n`;
const wg = (...words: Parameters<typeof wgText>): Observed => host(wgText(...words));
const shaken = (seconds: number): string => `\t\tlast handshake: ${seconds} seconds ago\n`;

const called = (name: string) => {
  const host = fleet.hosts.find(one => one.name === name);
  if (!host || !isTunnelHost(host)) throw new Error(`${name} has no tunnel`);
  return host;
};
const verification = (name: string, before: Observed, now: Observed, ...callers: readonly string[]) =>
  tunnelVerification(called(name), fleet)(before, now, new Set(callers))?.command.args ?? null;

describe('the verification of a tunnel', () => {
  const far = '2001:db8:c1da::2';

  it('is of the far end itself, whatever else is sent to its peer', () => {
    const now = wg('new=', far, '\t\twgaip 2001:db8:6969::2/128\n');
    expect(verification('carinho', wg('old=', far, shaken(150)), now)).toEqual(['wg0', '', far, 'new=']);
  });

  it('is required if a handshake was younger than three minutes before the change', () => {
    expect(verification('carinho', wg('old=', far, shaken(150)), wg('new=', far))).toEqual(['wg0', '', far, 'new=']);
  });

  it('is not required if the tunnel did not work before', () => {
    expect(verification('carinho', wg('old=', far), wg('new=', far))).toBeNull();
    expect(verification('carinho', wg('old=', far, shaken(200)), wg('new=', far))).toBeNull();
    expect(verification('carinho', host(), wg('new=', far))).toBeNull();
  });

  it('is of the current peer, whatever it was before; without a peer there is none', () => {
    expect(verification('carinho', wg('old=', far, shaken(1)), host())).toEqual(['wg0', '', far, 'none']);
  });

  it('is of the unchanged peers if none of several is known to be the far end', () => {
    const peer = (key: string, address: string, more = ''): string =>
      wgText(key, address, more).replace(/^wg0.*\n/, '');
    const two = (one: string) =>
      host(wgText('one=', '2001:db8:ffff::2', one) + peer('two=', '2001:db8:ffff::3', shaken(1)));
    expect(verification('carinho', two(''), two(''))?.slice(2)).toEqual(['2001:db8:ffff::3', 'two=']);
    expect(verification('carinho', two(shaken(9)), two(''))?.slice(2)).toEqual([
      ...['2001:db8:ffff::2', 'one='],
      ...['2001:db8:ffff::3', 'two='],
    ]);
  });

  it('is required after a change of address and key, and if the interface had another name', () => {
    const before = wgText('old=', '2001:db8:ffff::2', shaken(1));
    expect(verification('carinho', host(before), wg('new=', far))?.slice(2)).toEqual([far, 'new=']);
    const wg7 = before.replace('wg0', 'wg7');
    const own = host(wg7, { 'tunnels of mailtun': 'wg7\n' });
    expect(verification('carinho', own, wg('new=', far))?.slice(2)).toEqual([far, 'new=']);
    expect(verification('carinho', host(wg7), wg('new=', far))).toBeNull();
  });

  it('is of the current address, while another one is held back', () => {
    const held = wg('old=', '2001:db8:ffff::2', `${shaken(1)}\t\twgendpoint 192.0.2.25 6900\n`);
    expect(verification('carinho', held, held)).toEqual(['wg0', 'old= 25', '2001:db8:ffff::2', 'old=']);
  });

  it('is not of a relay where the session was with a gateway: the host was a relay itself', () => {
    const both = fleetOf(twoGateways);
    const host = hostOf(both, 'lar');
    if (!isTunnelHost(host)) throw new Error('lar has no tunnel');
    const verifies = (before: Observed) => tunnelVerification(host, both)(before, wg('relay=', '10.6.9.2'), new Set());
    expect(verifies(wg('gateway=', '10.6.9.1', shaken(1)))).toBeNull();
    expect(verifies(wg('former=', '10.6.9.9', shaken(1)))).not.toBeNull();
  });

  it('is not of a former far end that is the only peer still: the host was a gateway', () => {
    const both = fleetOf(twoRelays);
    const host = hostOf(both, 'saudade');
    if (!isTunnelHost(host)) throw new Error('saudade has no tunnel');
    const verifies = (peer: Observed, ...former: readonly string[]) =>
      tunnelVerification(host, both, () => former)(peer, peer, new Set());
    expect(verifies(wg('relay=', far, shaken(1)))).toBeNull();
    const moved = wg('relay=', '2001:db8:c1da::12', shaken(1));
    expect(verifies(moved, '2001:db8:c1da::12')).toBeNull();
    expect(verifies(moved)).not.toBeNull();
  });

  it('knows former addresses of the other ends by their names', () => {
    const both = fleetOf(twoRelays);
    const host = hostOf(both, 'saudade');
    if (!isTunnelHost(host)) throw new Error('saudade has no tunnel');
    const lines = '2001:db8:c1da::12 vpn1.example.com\n2001:db8:c1da::11 vpn0.example.com\n';
    const observed = answering(
      [{ kind: 'file', path: '/etc/hosts', want: 'content' }],
      [plainFile('/etc/hosts', lines)],
    );
    expect(formerAddresses(host, both)(observed)).toEqual(['2001:db8:c1da::12']);
  });

  it('is required for a tunnel that was just rolled back, and has forgotten that it worked', () => {
    const putBack = (age: number, seconds: number) =>
      host(wgText('old=', far), { 'what was put back': `# ${age}\n${wgText('old=', far, shaken(seconds))}` });
    expect(verification('carinho', putBack(20, 90), wg('old=', far))?.slice(2)).toEqual([far, 'old=']);
    expect(verification('carinho', putBack(300, 90), wg('old=', far))).toBeNull();
    expect(verification('carinho', putBack(20, 300), wg('old=', far))).toBeNull();
  });

  const at = '\t\twgendpoint 192.0.2.77 6900\n';
  const near = '2001:db8:c1da::1';

  it('on a gateway starts a handshake with the relay first', () => {
    expect(verification('carinho', wg('old=', far, shaken(1)), wg('old=', far, at), 'carinho')?.[1]).toBe('old= 25');
  });

  it('on a gateway says again where the relay is now, which a packet from its former port may have changed', () => {
    const before = wg('old=', far, `${shaken(1)}\t\twgendpoint 192.0.2.77 6901\n`);
    expect(verification('carinho', before, wg('old=', far, at), 'carinho')?.[1]).toBe('old= 25/192.0.2.77/6900');
  });

  it('on a relay starts a handshake only with a gateway that does not start one, and whose endpoint is known', () => {
    const [before, known] = [wg('old=', near, shaken(1)), wg('old=', near, at)];
    expect(verification('namorar', before, known)?.[1]).toBe('old= 25');
    expect(verification('namorar', before, known, 'carinho')?.[1]).toBe('');
    expect(verification('namorar', before, wg('old=', near))?.[1]).toBe('');
    expect(verification('namorar', wg('old=', near, shaken(1) + at), wg('old=', near))?.[1]).toBe(
      'old= 25/192.0.2.77/6900',
    );
  });

  it('of other hosts makes an unchanged gateway start a handshake', () => {
    expect(tunnelCall(called('carinho'), fleet)(wg('old=', far, at))?.args).toEqual(['wg0', 'old= 25']);
    expect(tunnelCall(called('carinho'), fleet)(host())).toBeNull();
    expect(tunnelCall(called('namorar'), fleet)(wg('old=', near, at))).toBeNull();
  });

  it('is preceded by another handshake if both ends were changed at once and the gateway was not heard', () => {
    const again = (name: string, now: Observed) => callUnanswered(called(name), fleet)(now)?.args ?? null;
    expect(again('carinho', wg('old=', far, at))).toEqual(['wg0', 'old= 25']);
    expect(again('carinho', wg('old=', far, at + shaken(200)))).toEqual(['wg0', 'old= 25']);
    expect(again('carinho', wg('old=', far, at + shaken(0)))).toBeNull();
    expect(again('namorar', wg('old=', near, at))).toBeNull();
  });
});

describe.each(pdksh)('a handshake under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
    host.write('interfaces/wg0', `wg0: flags=80c3<UP> mtu 1420\n\twgpubkey ours=\n\twgpeer old=\n${shaken(0)}`);
    host.write('root/KEY_PRIVATE', 'AAclamped=\n');
    host.write('root/KEY_PUBLIC', 'ours=\n');
    host.write('answers', '');
  });
  afterEach(() => host.remove());
  const call = (calls: string) => host.run(tunnelCallText(calls));

  it('is started by one command: the same key, not clamped, and a keepalive for each peer', async () => {
    expect((await call('old= 25 other= 15')).exit).toBe(0);
    expect(host.calls).toEqual(['ifconfig wg0 wgkey AQclamped= wgpeer old= wgpka 25 wgpeer other= wgpka 15']);
  });

  it('names the endpoint of the far end if the interface has forgotten it', async () => {
    expect((await call('old= 25/192.0.2.77/6900 other= 0/2001:db8::1/51820')).exit).toBe(0);
    expect(host.calls).toEqual([
      'ifconfig wg0 wgkey AQclamped= wgpeer old= wgpka 25 wgendpoint 192.0.2.77 6900 wgpeer other= wgpka 1 wgendpoint 2001:db8::1 51820',
      'ifconfig wg0 wgpeer other= wgpka 0',
    ]);
  });

  it('leaves a keepalive off if it was off', async () => {
    await call('old= 0');
    expect(host.calls).toEqual([
      'ifconfig wg0 wgkey AQclamped= wgpeer old= wgpka 1',
      'ifconfig wg0 wgpeer old= wgpka 0',
    ]);
  });

  it('never sets a key that is not the running one', async () => {
    host.write('root/KEY_PUBLIC', 'another=\n');
    await call('old= 25');
    expect(host.calls).toEqual(['ifconfig wg0 wgpeer old= wgpka 25']);
  });

  it('comes before a verification', async () => {
    const before = wg('old=', '2001:db8:c1da::2', shaken(1));
    const now = wg('old=', '2001:db8:c1da::2', '\t\twgendpoint 192.0.2.25 6900\n');
    const verification = tunnelVerification(called('carinho'), fleet)(before, now, new Set());
    const text = verification ? verificationSection(verification).script : 'exit 9';
    expect((await host.run(`${DEAD_MAN.functions}\nopen_switch\n${text}`)).exit).toBe(0);
    expect(host.calls).toEqual(['ifconfig wg0 wgkey AQclamped= wgpeer old= wgpka 25']);
  });
});

function tunnelCallText(calls: string): string {
  const peer = (key: string, seconds: string, far: string) =>
    `\twgpeer ${key}\n\t\twgpka ${seconds} (sec)\n\t\twgendpoint 192.0.2.25 6900\n\t\twgaip ${far}/128\n`;
  const [key = '', seconds = ''] = calls.split(/[ /]/);
  const text = `wg0: flags=80c3<UP> mtu 1420\n${peer(key, seconds, '2001:db8:c1da::2')}`;
  const found = tunnelCall(called('carinho'), fleet)(host(text));
  if (!found) throw new Error('nobody to call');
  expect(calls.startsWith(found.args[1] ?? 'nobody')).toBe(true);
  return script(found.script, ...found.args.slice(0, 1), calls);
}
