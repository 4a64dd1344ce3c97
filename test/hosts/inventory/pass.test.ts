import { describe, expect, test } from 'vitest';
import { readInventory } from '../../../src/hosts/inventory.ts';
import { article, complaints, many } from '../inventories.ts';

const withPass = (text: string, rules: string): string => `${text}packet_filter: { pass: ${rules} }\n`;
const said = (text: string, rules: string): readonly string[] =>
  complaints(withPass(text, rules)).map(line => line.replace(/^inventory\.yaml:\d+:\d+: packet_filter\./, ''));
const passIn = (text: string, rules: string) =>
  readInventory('inventory.yaml', withPass(text, rules)).packetFilter.pass.map(
    ({ relay, gateway, behind, begins, proto, ports }) =>
      `${relay} ${gateway} ${behind} ${begins} ${proto} ${ports.join()}`,
  );

describe('other connections through the tunnel', () => {
  test('are named by host or by address, with a port, a range or several', () => {
    expect(passIn(article, '[{ from: namorar, to: "2001:DB8:c1da::1", proto: udp, port: [53, 853, 53] }]')).toEqual([
      'namorar carinho null relay udp 53,853',
    ]);
    expect(passIn(article, '[{ from: carinho, to: namorar, proto: tcp, port: [22, 8000:8100] }]')).toEqual([
      'namorar carinho null gateway tcp 22,8000:8100',
    ]);
  });
  test('may lead behind the gateway: to a workstation, an address or a prefix', () => {
    const rule = (to: string) => `[{ from: namorar, to: "${to}", proto: tcp, port: 443 }]`;
    expect(passIn(article, rule('mimando'))).toEqual(['namorar carinho 2001:db8:6969::2/128 relay tcp 443']);
    expect(passIn(article, rule('2001:DB8:6969:0::2'))).toEqual(['namorar carinho 2001:db8:6969::2/128 relay tcp 443']);
    expect(passIn(article, rule('fd00:1:2:3::/64'))).toEqual(['namorar carinho fd00:1:2:3::/64 relay tcp 443']);
    expect(passIn(article, '[{ from: mimando, to: namorar, proto: udp, port: 514 }]')).toEqual([
      'namorar carinho 2001:db8:6969::2/128 gateway udp 514',
    ]);
  });
  test('begin and end at the two sides of one tunnel', () => {
    expect(said(article, '[{ from: namora, to: mimando, proto: tcp, port: 22 }]')).toEqual([
      'pass[0].from: "namora" is not a host of this inventory, nor an address; did you mean "namorar"?',
    ]);
    expect(said(article, '[{ from: carinho, to: carinho, proto: tcp, port: 22 }]')).toEqual([
      'pass[0].to: carinho has no tunnel to itself; name a relay, and a gateway or a machine behind it',
    ]);
    expect(said(article, '[{ from: carinho, to: mimando, proto: tcp, port: 22 }]')).toEqual([
      'pass[0].to: there is no tunnel between carinho and mimando; name a relay, and a gateway or a machine behind it',
    ]);
    expect(said(many, '[{ from: carinho, to: casa, proto: tcp, port: 22 }]')).toEqual([
      'pass[0].to: there is no tunnel between carinho and casa; name a relay, and a gateway or a machine behind it',
    ]);
  });
  test('lead to a destination that is reachable', () => {
    const rule = (to: string) => `[{ from: namorar, to: "${to}", proto: tcp, port: 443 }]`;
    expect(said(article, rule('192.168.1.7'))).toEqual([
      'pass[0].to: "192.168.1.7" is IPv4, and the tunnel is IPv6; write an address of the same family as the tunnel addresses',
    ]);
    expect(said(article, rule('2001:db8:6969::1'))).toEqual([
      'pass[0].to: "2001:db8:6969::1" is carinho itself; write carinho, which is reached by its tunnel address',
    ]);
    expect(said(article, rule('2001:db8::/32'))).toEqual([
      'pass[0].to: "2001:db8::/32" contains 2001:db8:1234:1234::6969, an end of the tunnel or an address of the relay; write only what is behind carinho',
    ]);
    expect(said(article, rule('ff02::1'))).toEqual([
      'pass[0].to: "ff02::1" is a multicast address; write an address of a gateway\'s LAN',
    ]);
    expect(said(article, rule('2001:db8:6969::2/129'))[0]).toMatch(
      /^pass\[0\]\.to: "2001:db8:6969::2\/129" is not a host/,
    );
  });
  test('may be to a network, or to one address of it', () => {
    const rule = '[{ from: namorar, to: "2001:db8:6969::5/64", proto: tcp, port: 443 }]';
    expect(said(article, rule)).toEqual([
      'pass[0].to: "2001:db8:6969::5/64" is an address within 2001:db8:6969::/64; write 2001:db8:6969::/64, or the address alone',
    ]);
  });
  test('do not route the packets of the tunnel into the tunnel', () => {
    const rule = '[{ from: namorar, to: "2001:db8:6969::/64", proto: tcp, port: 443 }]';
    // The article's gateway sends them by IPv4.
    expect(passIn(article, rule)).toEqual(['namorar carinho 2001:db8:6969::/64 relay tcp 443']);
    expect(said(article.replace('endpoint: 192.0.2.25', 'endpoint: namorar.example.com'), rule)).toEqual([
      'pass[0].to: "2001:db8:6969::/64" contains 2001:db8:6969::1, from which carinho may send the packets of the tunnel itself; write single addresses, or a longer prefix length',
    ]);
  });
  test('lead behind one gateway only', () => {
    const rules = (first: string, second: string) =>
      `[{ from: namorar, to: "${first}", proto: tcp, port: 443 }, { from: namorar, to: "${second}", proto: tcp, port: 443 }]`;
    expect(said(many, rules('mimando', 'fd00:9::1'))).toEqual([
      'pass[1].to: "fd00:9::1" cannot be assigned to one of the several gateways; name a workstation, or an address in the /64 or /24 of the lan address of a gateway',
    ]);
  });
  test('do not lead behind two gateways of one relay', () => {
    const text = many
      .replace('address: 10.6.9.11 }', 'address: 10.6.9.11 }\n    lan: { name: casa.lan, address: 192.168.2.1 }')
      .replace('address: 192.168.1.2 }', 'address: 192.168.3.5 }');
    const rule = (from: string, to: string) => `{ from: ${from}, to: ${to}, proto: tcp, port: 443 }`;
    const [relay, other] = ['namorar', 'segundo'];
    expect(said(text, `[${rule(relay, 'mimando')}, ${rule(relay, '192.168.2.0/23')}]`)).toEqual([
      'pass[1].to: 192.168.2.0/23 behind casa overlaps with 192.168.3.5/32 behind carinho; give each gateway its own prefix: namorar can reach an address through one gateway only',
    ]);
    expect(passIn(text, `[${rule(relay, 'mimando')}, ${rule(other, '192.168.2.0/23')}]`)).toHaveLength(2);
  });
  test('have a valid protocol and valid ports', () => {
    const lines = said(
      article,
      '[{ from: namorar, to: carinho, proto: icmp, port: 0 }, { from: namorar, to: carinho, proto: tcp, port: [] }, { from: namorar, to: carinho, proto: tcp, port: 90:80 }]',
    );
    expect(lines).toEqual([
      'pass[0].proto: "icmp" is not tcp or udp; write tcp or udp',
      'pass[0].port: 0 is not a port; write a whole number from 1 to 65535',
      'pass[1].port: an empty list; write a list of ports, as in [80, 443]',
      'pass[2].port: "90:80" is not a port or a range of ports; write a port from 1 to 65535, or the first and the last of a range, as in 8000:8100',
    ]);
  });
});
