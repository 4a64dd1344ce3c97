import { describe, expect, it } from 'vitest';
import type { ObservedHosts } from '../../src/run/desired.ts';
import { tunnelView } from '../../src/tasks/tunnel-view.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { article, articleWith, fleetOf, twoGateways, twoRelays } from './fleets.ts';

const fleet = fleetOf(article);
const key = (letter: string): string => `${letter.repeat(42)}0=`;

interface End {
  readonly port?: number;
  readonly own: string;
  readonly far: string;
  readonly hasPsk?: boolean;
}
const wg0 = ({ port = 6900, own, far, hasPsk = false }: End, calls = ''): string => `wg0: flags=80c3<UP> mtu 1420
	wgport ${port}
	wgpubkey ${key('n')}
	wgpeer ${key('c')}
${hasPsk ? '\t\twgpsk (present)\n' : ''}${calls}		wgaip ${far}/128
	inet6 ${own} prefixlen 64
`;
const called = (port: number): string => `\t\twgendpoint 192.0.2.25 ${port}\n`;

const shows = (ifconfig: string, own = '') =>
  observing([plainFile('/etc/hosts', '127.0.0.1\tlocalhost\n')], {
    'ifconfig -A': answer(ifconfig),
    'tunnels of mailtun': answer(own),
  });

const seeing = (relay: string, gateway: string | null, fixed: readonly string[]): ObservedHosts =>
  new Map(
    [
      ['namorar', relay],
      ['carinho', gateway],
    ].map(([name, wg]) => [
      name ?? '',
      {
        observed: wg == null ? null : shows(wg),
        canChange: !fixed.includes(name ?? ''),
      },
    ]),
  );
const viewed = (relay: string, gateway: string | null, fixed: readonly string[]) =>
  tunnelView(fleet, seeing(relay, gateway, fixed), name => !fixed.includes(name));

const [one, two, three] = ['2001:db8:c1da::1', '2001:db8:c1da::2', '2001:db8:c1da::3'];
const relay = { own: two, far: one };
const gateway = { own: one, far: two };

describe('what only the reachable end has is corrected, since the other end does not depend on it', () => {
  it.each([
    ['a preshared key', wg0({ ...relay, hasPsk: true })],
    ['a port', wg0({ ...relay, port: 7000 })],
    ['an address', wg0({ ...relay, own: three })],
  ])('%s', (_, stray) => {
    expect(viewed(stray, wg0(gateway, called(6900)), ['carinho']).holds).toEqual([]);
  });
});

describe('what the unreachable end has is kept', () => {
  it.each([
    ['a preshared key', wg0(relay), wg0({ ...gateway, hasPsk: true }, called(6900)), 'tunnel.preshared_key false'],
    ['the port it calls', wg0(relay), wg0(gateway, called(7000)), 'tunnel.port 6900'],
    ['its address', wg0(relay), wg0({ ...gateway, own: three }, called(6900)), `tunnel address ${one} of carinho`],
    [
      'the address it sends to',
      wg0(relay),
      wg0({ ...gateway, far: three }, called(6900)),
      `tunnel address ${two} of namorar`,
    ],
  ])('%s', (_, at, far, held) => {
    expect(viewed(at, far, ['carinho']).holds.map(hold => hold.what)).toEqual([held]);
  });
  it.each([
    ['a preshared key', wg0({ ...relay, hasPsk: true }), 'tunnel.preshared_key false'],
    ['a port', wg0({ ...relay, port: 7000 }), 'tunnel.port 6900'],
  ])('%s, as the other end has it, while nobody can be asked', (_, at, held) => {
    expect(viewed(at, null, ['carinho']).holds.map(hold => hold.what)).toEqual([held]);
  });
});

it('the port that it uses is kept while its interface has another name', () => {
  const renamed = fleetOf(articleWith(/interface: wg0(.*\n\s*)port: 6900/, 'interface: wg1$1port: 7000'));
  const seen = new Map([
    ['namorar', { canChange: true, observed: shows(wg0(relay), 'wg0\n') }],
    ['carinho', { canChange: false, observed: shows(wg0(gateway, called(6900)), 'wg0\n') }],
  ]);
  const { fleet: view, holds } = tunnelView(renamed, seen, name => name !== 'carinho');
  expect([view.tunnel.port, holds.map(hold => hold.what)]).toEqual([6900, ['tunnel.port 7000']]);
});

it('the current address of another relay is not used for one that joins', () => {
  const joined = fleetOf(twoRelays.replace(/address: 2001:db8:c1da::2\b/, 'address: 2001:db8:c1da::12'));
  const observedHosts = new Map([
    ...seeing(wg0(relay), wg0(gateway, called(6900)), ['carinho']),
    ['saudade', { canChange: true, observed: shows('') }],
  ]);
  const { fleet: view } = tunnelView(joined, observedHosts, name => name !== 'carinho');
  const addresses = view.hosts.flatMap(host => (host.role === 'relay' ? [[host.name, host.tunnel.address]] : []));
  expect(addresses).toEqual([
    ['namorar', two],
    ['saudade', three],
  ]);
});

describe('a wg0 of other networks, which is left as it is, is no end of the tunnel', () => {
  const vpn = `wg0: flags=80c3<UP> mtu 1420
	wgport 51820
	wgpubkey ${key('v')}
	wgpeer ${key('w')}
		wgaip 10.8.0.2/32
	inet 10.8.0.1 netmask 0xffffff00
`;
  it.each([
    ['the gateway', '', vpn, 'carinho'],
    ['the relay', vpn, '', 'namorar'],
  ])("%s's", (_, at, far, fixed) => {
    expect(viewed(at, far, [fixed])).toEqual({ fleet, holds: [] });
  });
  it('unless the far end has its key as a peer, and other addresses than the inventory', () => {
    const known = wg0({ own: '10.8.0.2', far: '10.8.0.1' }).replace(key('c'), key('v')).replace('/128', '/32');
    const { holds } = viewed(known, vpn, ['carinho']);
    expect(holds.map(hold => hold.what)).toContain(`tunnel address ${one} of carinho`);
  });
});

it('what a host sends to that was a relay is not taken for the address of its relay', () => {
  const joined = fleetOf(twoGateways);
  const [other = ''] = joined.hosts.flatMap(({ name, role }) =>
    role === 'gateway' && name !== 'carinho' ? [name] : [],
  );
  const seen = (wg: string, canChange: boolean) => ({ canChange, observed: shows(wg, 'wg0\n') });
  const observedHosts = new Map([
    ['namorar', seen(wg0(relay), true)],
    ['carinho', seen(wg0(gateway, called(6900)), true)],
    [other, seen(wg0({ own: three, far: one }), false)],
  ]);
  const { fleet: view } = tunnelView(joined, observedHosts, name => name !== other);
  const addresses = view.hosts.flatMap(host => (host.role === 'relay' ? [[host.name, host.tunnel.address]] : []));
  expect(addresses).toEqual([['namorar', two]]);
});

describe('what a host sends to that was a gateway is not taken for the address of its gateway', () => {
  const moved = fleetOf(twoRelays.replace(/address: 2001:db8:c1da::2\b/, 'address: 2001:db8:c1da::12'));
  const twelve = '2001:db8:c1da::12';
  const former = wg0({ own: three, far: two }).replace(key('c'), key('n'));
  const named = [plainFile('/etc/hosts', `${two} vpn1.example.com\n`)];
  it.each([
    [
      'while the relay changes its address',
      shows(wg0({ own: twelve, far: one }), 'wg0\n'),
      twelve,
      shows(former, 'wg0\n'),
    ],
    [
      'while the relay is away',
      null,
      twelve,
      observing(named, { 'ifconfig -A': answer(former), 'tunnels of mailtun': answer('wg0\n') }),
    ],
  ])('%s', (_, namorar, far, saudade) => {
    const observedHosts = new Map([
      ['namorar', { canChange: namorar !== null, observed: namorar }],
      ['carinho', { canChange: true, observed: shows(wg0({ own: one, far }, called(6900)), 'wg0\n') }],
      ['saudade', { canChange: false, observed: saudade }],
    ]);
    const { holds } = tunnelView(moved, observedHosts, name => name === 'carinho' || (name === 'namorar' && !!namorar));
    expect(holds.map(({ what }) => what)).toEqual([]);
  });
});

describe('ends change to another network together', () => {
  const others = twoRelays
    .replace(/c1da::1\b/g, 'c1da:1::1')
    .replace(/c1da::2\b/g, 'c1da:1::2')
    .replace(/c1da::3\b/g, 'c1da:1::3');
  const family = twoRelays
    .replace(/2001:db8:c1da::1\b/g, '10.6.9.1')
    .replace(/2001:db8:c1da::2\b/g, '10.6.9.2')
    .replace(/2001:db8:c1da::3\b/g, '10.6.9.3');
  const own = (wg: string) => shows(wg, 'wg0\n');
  /** The ends while one relay cannot be changed, of which this is known, and the gateway has that. */
  const endsWith = (text: string, saudade: ReturnType<typeof shows> | null, wg = wg0(gateway, called(6900))) => {
    const observedHosts = new Map([
      ['namorar', { canChange: true, observed: own(wg0(relay)) }],
      ['carinho', { canChange: true, observed: own(wg) }],
      ['saudade', { canChange: false, observed: saudade }],
    ]);
    const { fleet: view, holds } = tunnelView(fleetOf(text), observedHosts, name => name !== 'saudade');
    const ends = view.hosts.flatMap(host => (host.role === 'workstation' ? [] : [host.tunnel]));
    return {
      ends: Object.fromEntries(ends.map(end => [end.name.slice(0, 4), `${end.address}/${end.prefixLength}`])),
      holds: holds.map(({ what, until }) => `${what} until ${until}`),
    };
  };
  it.each([
    ['of the other family', family, '10.6.9.3/24'],
    ['of the same family', others, '2001:db8:c1da:1::3/64'],
  ])('%s: what holds back the gateway holds back its relays', (_, text, joining) => {
    const { ends, holds } = endsWith(text, null);
    expect(ends).toEqual({ vpn0: `${one}/64`, vpn1: `${two}/64`, vpn2: joining });
    expect(holds).toEqual([
      expect.stringMatching(/of carinho until saudade$/),
      expect.stringMatching(/of namorar until saudade$/),
    ]);
  });
  it('an address that only the other end knows has the prefix length of its family', () => {
    const changed = wg0({ own: '10.6.9.1', far: '10.6.9.2' }, called(6900))
      .replace('/128', '/32')
      .replace('inet6 10.6.9.1 prefixlen 64', 'inet 10.6.9.1 netmask 0xffffff00');
    const { ends } = endsWith(family, own(wg0({ own: three, far: one })), changed);
    expect(ends).toEqual({ vpn0: `${one}/64`, vpn1: `${two}/64`, vpn2: `${three}/64` });
  });
  it('and a host that has no end yet holds back the same: the gateway waits for its key', () => {
    expect(endsWith(family, shows(''))).toEqual(endsWith(family, null));
  });
});

describe('what has to stay is what a link has, one end of which can be changed and the other one cannot', () => {
  const gateways = twoGateways.replaceAll(/10\.6\.9\.(\d)/g, '"2001:db8:c1da::$1"');
  const seen = (wg: string) => shows(wg, 'wg0\n');
  it.each([
    ['a preshared key', { hasPsk: true }, 6900, 'preshared_key: true', 'tunnel.preshared_key true'],
    ['a port', {}, 6901, 'port: 6901', 'tunnel.port 6901'],
  ])('%s: not what another gateway that cannot be changed has with a relay that is away', (...row) => {
    const [, more, port, wanted, held] = row;
    const observedHosts = new Map([
      ['namorar', { canChange: false, observed: null }],
      ['carinho', { canChange: true, observed: seen(wg0(gateway, called(6900))) }],
      ['lar', { canChange: false, observed: seen(wg0({ own: three, far: two, ...more }, called(port))) }],
    ]);
    const changed = fleetOf(`${gateways}tunnel: { ${wanted} }\n`);
    const { holds } = tunnelView(changed, observedHosts, name => name === 'carinho');
    expect(holds.map(({ what }) => what)).toEqual([held]);
  });
  it('an address of a relay that is away: as the end knows it through which the tunnel works, whichever comes first', () => {
    const [before = '', carinho = '', lar = '', after = ''] = gateways.split(/(?=^ {2}(?:carinho|lar|desk):)/m);
    const shaken = '\t\tlast handshake: 9 seconds ago\n';
    const twelve = '2001:db8:c1da::12';
    const observedHosts = new Map([
      ['namorar', { canChange: false, observed: null }],
      ['carinho', { canChange: true, observed: seen(wg0(gateway, called(6900) + shaken)) }],
      ['lar', { canChange: false, observed: seen(wg0({ own: three, far: twelve }, called(6900))) }],
    ]);
    for (const text of [gateways, before + lar + carinho + after]) {
      const { fleet: view, holds } = tunnelView(fleetOf(text), observedHosts, name => name === 'carinho');
      expect(view.hosts.flatMap(host => (host.role === 'relay' ? [host.tunnel.address] : []))).toEqual([two]);
      expect(holds).toEqual([]);
    }
  });
  it('not an address that a gateway has kept from before, while the relay has the one that the other gateway sends to', () => {
    const stale = wg0({ own: '10.6.9.3', far: '10.6.9.2' }, `${called(6900)}\t\tlast handshake: 40 seconds ago\n`)
      .replace('/128', '/32')
      .replace('inet6 10.6.9.3 prefixlen 64', 'inet 10.6.9.3 netmask 0xffffff00');
    const observedHosts = new Map([
      ['namorar', { canChange: true, observed: seen(wg0(relay)) }],
      ['carinho', { canChange: true, observed: seen(wg0(gateway, called(6900))) }],
      ['lar', { canChange: false, observed: seen(stale) }],
    ]);
    const { fleet: view } = tunnelView(fleetOf(gateways), observedHosts, name => name !== 'lar');
    const addresses = view.hosts.flatMap(host => (host.role === 'workstation' ? [] : [host.tunnel.address]));
    expect(addresses).toEqual([two, one, '10.6.9.3']);
  });
});
