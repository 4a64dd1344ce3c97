import { describe, expect, it } from 'vitest';
import { isTunnelHost } from '../../src/tasks/neighbours.ts';
import { anchorRules, packetFilter } from '../../src/tasks/packet-filter.ts';
import { article, articleWith, filterOff, fixedPort, fleetOf, hostOf, ownMailRules, twoGateways } from './fleets.ts';

function rulesOf(text: string, name: string): string {
  const fleet = fleetOf(text);
  const host = hostOf(fleet, name);
  if (!isTunnelHost(host)) throw new Error(`${name} has no tunnel`);
  return anchorRules(host, fleet);
}

describe("the anchor's rules", () => {
  it('of the relay pass the gateway and mail from anywhere in, mail and ping through, and nothing else', () => {
    expect(rulesOf(article, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      pass in quick on egress proto udp from any to (egress) port 6900
      pass in quick on ! wg0 inet6 proto tcp from any to 2001:db8:1234:1234::6969 port 25
      pass in quick on ! wg0 inet proto tcp from any to 192.0.2.25 port 25
      pass in quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::1 to 2001:db8:c1da::2 icmp6-type echoreq
      pass out quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::2 to 2001:db8:c1da::1 icmp6-type echoreq
      pass in quick on wg0 inet6 proto tcp from 2001:db8:c1da::1 to 2001:db8:c1da::2 port 25
      pass out quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port 25
      block return quick on wg0
      "
    `);
  });
  it('of the gateway open nothing to the outside', () => {
    expect(rulesOf(article, 'carinho')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      pass in quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::2 to 2001:db8:c1da::1 icmp6-type echoreq
      pass out quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::1 to 2001:db8:c1da::2 icmp6-type echoreq
      pass in quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port 25
      pass out quick on wg0 inet6 proto tcp from 2001:db8:c1da::1 to 2001:db8:c1da::2 port 25
      block return quick on wg0
      "
    `);
  });
  it('have labels where pfctl would make a table of six that differ in an address', () => {
    const fleet = fleetOf(twoGateways);
    const relay = hostOf(fleet, 'namorar');
    const [gateway] = fleet.hosts.filter(host => host.role === 'gateway');
    if (relay.role !== 'relay' || !gateway) throw new Error('no such hosts');
    const rulesWith = (count: number): string => {
      const gateways = Array.from({ length: count }, (_, at) => ({
        ...gateway,
        name: `gateway${at}`,
        tunnel: { ...gateway.tunnel, name: `vpn${at}.example.com`, address: `10.6.9.${at + 3}` },
      }));
      return anchorRules(relay, { ...fleet, hosts: [relay, ...gateways] });
    };
    expect(rulesWith(5)).not.toContain('label');
    expect(rulesWith(6).match(/^.* on wg0 .* label "mailtun"$/gm)).toHaveLength(24);
    expect(rulesWith(6)).toMatch(/ port 25\n(?:.* label .*\n){24}block return quick on wg0\n$/);
  });
  it('accept packets of the tunnel only from its own port if the inventory has fixed_source_port', () => {
    expect(rulesOf(fixedPort, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      pass in quick on egress proto udp from any port 6900 to (egress) port 6900
      block in quick on egress proto udp from any port != 6900 to (egress) port 6900
      pass in quick on ! wg0 inet6 proto tcp from any to 2001:db8:1234:1234::6969 port 25
      pass in quick on ! wg0 inet proto tcp from any to 192.0.2.25 port 25
      pass in quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::1 to 2001:db8:c1da::2 icmp6-type echoreq
      pass out quick on wg0 inet6 proto icmp6 from 2001:db8:c1da::2 to 2001:db8:c1da::1 icmp6-type echoreq
      pass in quick on wg0 inet6 proto tcp from 2001:db8:c1da::1 to 2001:db8:c1da::2 port 25
      pass out quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port 25
      block return quick on wg0
      "
    `);
  });
  it.each(['vpn1.example.com', 'VPN1.example.com.', 'root@2001:DB8:C1DA:0::2'])(
    'pass ssh if the inventory reaches the host through the tunnel, written as %s',
    way => {
      const rules = rulesOf(article.replace('ssh: namorar.example.com', `ssh: ${way}`), 'namorar');
      expect(rules).toContain(
        'pass in quick on wg0 inet6 proto tcp from 2001:db8:c1da::1 to 2001:db8:c1da::2 port 22\n',
      );
    },
  );
  it('pass on both ends what the inventory adds, in one direction, and do not differ without it', () => {
    const pass = (rule: string): string =>
      articleWith('# packet_filter: { mx: false }', `packet_filter: { pass: [${rule}] }`);
    const more = (text: string, name: string): readonly string[] => {
      const before = rulesOf(article, name).split('\n');
      const after = rulesOf(text, name).split('\n');
      expect(after.filter(rule => before.includes(rule))).toEqual(before);
      expect(after.at(-2)).toBe('block return quick on wg0');
      return after.filter(rule => !before.includes(rule));
    };
    const text = pass('{ from: namorar, to: "2001:db8:c1da:0::1", proto: tcp, port: [80, 443, 80] }');
    const rule = 'quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port';
    expect(more(text, 'namorar')).toEqual([`pass out ${rule} 80`, `pass out ${rule} 443`]);
    expect(more(text, 'carinho')).toEqual([`pass in ${rule} 80`, `pass in ${rule} 443`]);
    const udp = pass('{ from: carinho, to: namorar, proto: udp, port: 53 }');
    expect(more(udp, 'namorar')).toEqual([
      'pass in quick on wg0 inet6 proto udp from 2001:db8:c1da::1 to 2001:db8:c1da::2 port 53',
    ]);
  });
  it('pass connections to hosts behind the gateway and back, on both sides of it', () => {
    const rules = (rule: string, name: string): readonly string[] => {
      const text = articleWith('# packet_filter: { mx: false }', `packet_filter: { pass: [${rule}] }`);
      return rulesOf(text, name)
        .split('\n')
        .filter(one => !rulesOf(article, name).includes(`${one}\n`));
    };
    const to = '{ from: namorar, to: mimando, proto: tcp, port: 8000:8100 }';
    const ends = 'from 2001:db8:c1da::2 to 2001:db8:6969::2 port 8000:8100';
    expect(rules(to, 'namorar')).toEqual([`pass out quick on wg0 inet6 proto tcp ${ends}`]);
    expect(rules(to, 'carinho')).toEqual([
      `pass in quick on wg0 inet6 proto tcp ${ends}`,
      `pass out quick on ! wg0 inet6 proto tcp ${ends} nat-to 2001:db8:6969::1`,
    ]);
    const from = '{ from: "fd00::/64", to: namorar, proto: udp, port: 514 }';
    const back = 'inet6 proto udp from fd00::/64 to 2001:db8:c1da::2 port 514';
    expect(rules(from, 'namorar')).toEqual([`pass in quick on wg0 ${back}`]);
    expect(rules(from, 'carinho')).toEqual([`pass in quick on ! wg0 ${back}`, `pass out quick on wg0 ${back}`]);
  });
  it('leave out what has two families, which pfctl refuses: while a change of one end is held back', () => {
    const text = articleWith(
      '# packet_filter: { mx: false }',
      'packet_filter: { pass: [{ from: namorar, to: carinho, proto: tcp, port: 80 }, { from: namorar, to: mimando, proto: tcp, port: 80 }] }',
    );
    const fleet = fleetOf(text);
    const rules = (four: string, name: string): string => {
      const hosts = fleet.hosts.map(host =>
        host.name === four && isTunnelHost(host)
          ? { ...host, tunnel: { ...host.tunnel, address: '10.6.9.9', prefixLength: 24 } }
          : host,
      );
      const mixed = { ...fleet, hosts };
      const host = hostOf(mixed, name);
      if (!isTunnelHost(host)) throw new Error(`${name} has no tunnel`);
      return anchorRules(host, mixed).replace(/^(#|.* egress | *pass .* ! wg0 .* port 25$).*\n/gm, '');
    };
    const behind = 'inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:6969::2 port 80';
    expect(rules('carinho', 'namorar')).toBe(`pass out quick on wg0 ${behind}\nblock return quick on wg0\n`);
    expect(rules('namorar', 'namorar')).toBe('block return quick on wg0\n');
    expect(rules('namorar', 'carinho')).toBe('block return quick on wg0\n');
  });
  it('leave port 25 to the rules of the user if the inventory says so, and do not differ otherwise', () => {
    const without = rulesOf(article, 'namorar')
      .split('\n')
      .filter(rule => !rule.includes('! wg0'));
    expect(rulesOf(ownMailRules, 'namorar').split('\n')).toEqual(without);
    expect(rulesOf(ownMailRules, 'carinho')).toBe(rulesOf(article, 'carinho'));
  });
  it('have IPv4 addresses in an IPv4 tunnel, and those of each gateway', () => {
    expect(rulesOf(twoGateways, 'namorar')).toMatchInlineSnapshot(`
      "# Written by mailtun: what is edited here is replaced by the next run.
      pass in quick on egress proto udp from any to (egress) port 6900
      pass in quick on ! wg0 inet proto tcp from any to 192.0.2.25 port 25
      pass in quick on wg0 inet proto icmp from 10.6.9.1 to 10.6.9.2 icmp-type echoreq
      pass out quick on wg0 inet proto icmp from 10.6.9.2 to 10.6.9.1 icmp-type echoreq
      pass in quick on wg0 inet proto tcp from 10.6.9.1 to 10.6.9.2 port 25
      pass out quick on wg0 inet proto tcp from 10.6.9.2 to 10.6.9.1 port 25
      pass in quick on wg0 inet proto icmp from 10.6.9.3 to 10.6.9.2 icmp-type echoreq
      pass out quick on wg0 inet proto icmp from 10.6.9.2 to 10.6.9.3 icmp-type echoreq
      pass in quick on wg0 inet proto tcp from 10.6.9.3 to 10.6.9.2 port 25
      pass out quick on wg0 inet proto tcp from 10.6.9.2 to 10.6.9.3 port 25
      block return quick on wg0
      "
    `);
  });
  it('pass ssh in if ssh itself goes through the tunnel', () => {
    const through = articleWith('ssh: carinho.lan', 'ssh: { host: vpn0.example.com, port: 2222, jump: namorar }');
    const ssh = (name: string) =>
      rulesOf(through, name)
        .split('\n')
        .filter(rule => rule.includes('port 2222'));
    expect([...ssh('carinho'), ...ssh('namorar')]).toMatchInlineSnapshot(`
      [
        "pass in quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port 2222",
        "pass out quick on wg0 inet6 proto tcp from 2001:db8:c1da::2 to 2001:db8:c1da::1 port 2222",
      ]
    `);
  });
  it.each(['namorar', 'carinho'])('end on %s with a block, so that what no rule names is refused', name => {
    expect(rulesOf(article, name).trimEnd().split('\n').at(-1)).toBe('block return quick on wg0');
  });
});

describe('the packet filter', () => {
  const ids = (text: string, name: string) => {
    const fleet = fleetOf(text);
    return packetFilter.resources(hostOf(fleet, name), fleet).map(resource => resource.id);
  };
  it('has its file in place before pf.conf names it, and is loaded last', () => {
    expect(ids(article, 'carinho')).toEqual([
      '/etc/pf.mailtun.conf',
      '/etc/pf.conf',
      'anchor mailtun',
      '/etc/sysctl.conf',
    ]);
  });
  it('is removed in the reverse order if it is off', () => {
    expect(ids(filterOff, 'carinho')).toEqual(['/etc/pf.conf', '/etc/pf.mailtun.conf', '/etc/sysctl.conf']);
  });
  it('is not used on a workstation', () => {
    const fleet = fleetOf(article);
    expect(packetFilter.resources(hostOf(fleet, 'mimando'), fleet)).toEqual([]);
  });
});
