import { describe, expect, it } from 'vitest';
import type { Tunnel } from '../../src/checks/tunnel.ts';
import { stoppedByPf } from '../../src/checks/tunnel-pf.ts';
import { fleet, machines } from './machines.ts';

const CHOSEN = 'block return out all\npass out proto tcp from any to any port = 22 flags S/SA\n# anchor\n';

function stopped(rules: Record<string, string>) {
  const all = machines(
    Object.fromEntries(
      Object.entries(rules).map(([name, text]) => [name, { questions: { 'the rules that pf has loaded': text } }]),
    ),
  );
  const end = (name: string) => {
    const seen = all.find(one => one.host.name === name);
    return { host: seen?.host, seen, peer: undefined };
  };
  return stoppedByPf({ relay: end('namorar'), gateway: end('carinho'), fleet } as unknown as Tunnel);
}

describe('pf on an end of the tunnel', () => {
  it('of the gateway is named where it lets out only chosen ports', () => {
    expect(stopped({ carinho: CHOSEN })).toMatchObject({
      code: 'tunnel-filtered-by-pf',
      host: 'carinho',
      remedy: 'on carinho: add "pass out proto udp to 192.0.2.25 port 6900" to /etc/pf.conf; pfctl -f /etc/pf.conf',
    });
  });
  it('of the relay is named where it lets nothing in', () => {
    expect(stopped({ namorar: 'block return in all\n# anchor\n' })).toMatchObject({ host: 'namorar' });
  });
  it('is not where the rules pass, and where nothing is loaded', () => {
    expect(
      stopped({ carinho: `${CHOSEN.replace('# anchor', 'pass out proto udp from any to any port = 6900\n# anchor')}` }),
    ).toBeNull();
    expect(stopped({})).toBeNull();
  });
});
