import { describe, expect, it } from 'vitest';
import type { Tunnel } from '../../src/checks/tunnel-ends.ts';
import { stoppedByPf } from '../../src/checks/tunnel-pf.ts';
import type { Wire } from '../../src/facts/tcpdump.ts';
import { fleet, machines } from './machines.ts';

const CHOSEN = 'block return out all\npass out proto tcp from any to any port = 22 flags S/SA\n# anchor\n';

/** @param received by the relay while the hosts were asked. */
function stopped(rules: Record<string, string>, wire: Wire | null = null, received = 0) {
  const all = machines(
    Object.fromEntries(
      Object.entries(rules).map(([name, text]) => [name, { questions: { 'the rules that pf has loaded': text } }]),
    ),
  );
  const end = (name: string) => {
    const asked = all.find(one => one.host.name === name);
    return { host: asked?.host, facts: asked, peer: { rx: 0 }, peerAfter: { rx: received } };
  };
  return stoppedByPf({ relay: end('namorar'), gateway: end('carinho'), fleet } as unknown as Tunnel, wire);
}

describe('pf on an end of the tunnel', () => {
  it('is named on the gateway if it passes only some ports out', () => {
    expect(stopped({ carinho: CHOSEN })).toMatchObject({
      code: 'tunnel-filtered-by-pf',
      host: 'carinho',
      evidence: 'pfctl -sr: "block return out all" stops UDP out to 192.0.2.25 port 6900',
      remedy:
        'on carinho: put "pass out quick inet proto udp from any to 192.0.2.25 port 6900" before the rules of /etc/pf.conf, of which "block return out all" blocks it; pfctl -f /etc/pf.conf',
    });
  });
  it('is named on the relay if it passes nothing in', () => {
    expect(stopped({ namorar: 'block return in all\n# anchor\n' })).toMatchObject({ host: 'namorar' });
  });
  it('is not named if tcpdump shows packets that were sent, or the relay has received some: a state passes them', () => {
    expect(stopped({ carinho: CHOSEN }, { sent: 3, received: 0, refusal: null })).toBeNull();
    expect(stopped({ carinho: CHOSEN }, { sent: 0, received: 0, refusal: null })).toMatchObject({ host: 'carinho' });
    expect(stopped({ namorar: 'block return in all\n# anchor\n' }, null, 148)).toBeNull();
  });
  it('is named on the relay with what tcpdump shows of it', () => {
    const refusal = '192.0.2.25 udp port 6900 unreachable';
    const found = stopped({ namorar: 'block return in all\n# anchor\n' }, { sent: 3, received: 0, refusal });
    expect(found?.evidence).toBe(
      `pfctl -sr: "block return in all" stops UDP in to 192.0.2.25 port 6900; tcpdump shows: ${refusal}`,
    );
  });
  it('is not named if its rules pass, or none are loaded', () => {
    expect(
      stopped({ carinho: `${CHOSEN.replace('# anchor', 'pass out proto udp from any to any port = 6900\n# anchor')}` }),
    ).toBeNull();
    expect(stopped({})).toBeNull();
  });
});
