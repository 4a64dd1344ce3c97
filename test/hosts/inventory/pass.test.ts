import { describe, expect, test } from 'vitest';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { article, complaints, many } from '../inventories.ts';

const withPass = (text: string, rules: string): string => `${text}packet_filter: { pass: ${rules} }\n`;
const said = (text: string, rules: string): readonly string[] =>
  complaints(withPass(text, rules)).map(line => line.replace(/^inventory\.yaml:\d+:\d+: /, ''));

describe('what else may go through the tunnel', () => {
  test('is named by host or by address, with a port or several', () => {
    const text = withPass(article, '[{ from: namorar, to: "2001:DB8:c1da::1", proto: udp, port: [53, 853] }]');
    expect(readInventory('inventory.yaml', text).packetFilter.pass).toEqual([
      { from: 'namorar', to: 'carinho', proto: 'udp', ports: [53, 853] },
    ]);
  });
  test('begins and ends at the ends of one tunnel', () => {
    expect(said(article, '[{ from: namora, to: mimando, proto: tcp, port: 22 }]')).toEqual([
      'packet_filter.pass[0].from: "namora" is not an end of the tunnel; did you mean "namorar"?',
      'packet_filter.pass[0].to: "mimando" is behind the tunnel, and not an end of it; write namorar or carinho',
    ]);
    expect(said(article, '[{ from: carinho, to: carinho, proto: tcp, port: 22 }]')).toEqual([
      'packet_filter.pass[0].to: carinho needs no tunnel to itself; name a relay and a gateway',
    ]);
    expect(said(many, '[{ from: carinho, to: casa, proto: tcp, port: 22 }]')).toEqual([
      'packet_filter.pass[0].to: there is no tunnel between carinho and casa; name a relay and a gateway',
    ]);
  });
  test('has a protocol and ports that there are', () => {
    const lines = said(
      article,
      '[{ from: namorar, to: carinho, proto: icmp, port: 0 }, { from: namorar, to: carinho, proto: tcp, port: [] }]',
    );
    expect(lines).toEqual([
      'packet_filter.pass[0].proto: "icmp" is not tcp or udp; write tcp or udp',
      'packet_filter.pass[0].port: 0 is not a port; write a whole number from 1 to 65535',
      'packet_filter.pass[1].port: an empty list; write a list of ports, as in [80, 443]',
    ]);
  });
});
