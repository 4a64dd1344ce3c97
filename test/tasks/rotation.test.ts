import { describe, expect, it } from 'vitest';
import { parseWgInterface } from '../../src/facts/ifconfig.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { isTunnelHost, type TunnelHost } from '../../src/tasks/neighbours.ts';
import { hostnameIfWith, membersOf, presharedIn, switchWords, type Turn, turnsOf } from '../../src/tasks/rotation.ts';
import { prepared } from '../../src/tasks/rotation-scripts.ts';
import { article, many } from '../hosts/inventories.ts';

const fleetOf = (text: string): Fleet => readInventory('inventory.yaml', text);
const names = (hosts: readonly TunnelHost[]): string[] => hosts.map(host => host.name);
const keysOf = (fleet: Fleet, mark: string) =>
  new Map(fleet.hosts.filter(isTunnelHost).map(host => [host.name, `${mark}${host.name}=`] as const));

function words(fleet: Fleet, turn: Turn, name: string, running = ''): string {
  const host = membersOf(turn).find(member => member.name === name);
  if (!host) throw new Error(`${name} takes no part`);
  const [old, fresh] = [keysOf(fleet, 'old-'), keysOf(fleet, 'new-')];
  const rotating = new Set(names(turn.rotating));
  const keys = new Map([...old].map(([one, key]) => [one, rotating.has(one) ? (fresh.get(one) ?? '') : key] as const));
  return switchWords(host, turn, fleet, { keys: { old, new: keys }, running: parseWgInterface(running) }).join(' ');
}

describe('keys that rotate together', () => {
  it('are those of the two ends of a single tunnel', () => {
    const turns = turnsOf(fleetOf(article)).map(turn => [names(turn.rotating), names(turn.following)]);
    expect(turns).toEqual([[['namorar', 'carinho'], []]]);
  });

  it('are those of one host at a time if a key belongs to several tunnels, whose far ends follow', () => {
    const turns = turnsOf(fleetOf(many)).map(turn => [names(turn.rotating), names(turn.following)]);
    expect(turns.map(([rotating]) => rotating)).toEqual([...new Set(turns.map(([rotating]) => rotating))]);
    for (const [rotating, following] of turns) expect([rotating?.length, following?.length]).toEqual([1, 2]);
  });

  it('have relays first among the members', () => {
    for (const turn of turnsOf(fleetOf(many))) {
      const roles = membersOf(turn).map(host => host.role);
      expect(roles).toEqual(roles.toSorted().reverse());
    }
  });
});

describe('the one command that switches keys', () => {
  const fleet = fleetOf(article);
  const [turn] = turnsOf(fleet) as [Turn];
  const seen = `wg0: flags=80c3<UP> mtu 1420\n\twgpeer old-carinho=\n\t\twgendpoint 198.51.100.7 41999\n\t\twgaip 2001:db8:c1da::1/128\n`;

  it('on the gateway has the peer and its endpoint', () => {
    expect(words(fleet, turn, 'carinho')).toBe(
      'wgkey /root/KEY_PRIVATE.next -wgpeer old-namorar= wgpeer new-namorar= wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15',
    );
  });

  it('on the relay keeps the current endpoint of the gateway', () => {
    expect(words(fleet, turn, 'namorar', seen)).toBe(
      'wgkey /root/KEY_PRIVATE.next -wgpeer old-carinho= wgpeer new-carinho= wgendpoint 198.51.100.7 41999 wgaip 2001:db8:c1da::1/128 wgpka 15',
    );
  });

  it('on a relay that does not know the endpoint of its gateway has none', () => {
    expect(words(fleet, turn, 'namorar')).not.toContain('wgendpoint');
  });

  it('has the new preshared key, from its file', () => {
    const secret = fleetOf(article.replace('preshared_key: false', 'preshared_key: true'));
    const [first] = turnsOf(secret) as [Turn];
    expect(words(secret, first, 'carinho')).toContain('wgpeer new-namorar= wgpsk /root/KEY_PRESHARED.namorar.next ');
    expect(words(secret, first, 'namorar')).toContain('wgpeer new-carinho= wgpsk /root/KEY_PRESHARED.carinho.next ');
  });

  it('on a far end that keeps its key changes only the peer', () => {
    const several = fleetOf(many);
    for (const one of turnsOf(several))
      for (const follower of one.following) {
        const [rotating] = names(one.rotating);
        expect(words(several, one, follower.name)).toMatch(
          new RegExp(`^-wgpeer old-${rotating}= wgpeer new-${rotating}= [^-]*$`),
        );
      }
  });

  it('on a host whose far ends keep theirs keeps every peer, and starts a handshake with each', () => {
    const several = fleetOf(many);
    const [one] = turnsOf(several);
    if (!one) throw new Error('no turn');
    const [host] = names(one.rotating);
    expect(words(several, one, host ?? '')).toBe(
      `wgkey /root/KEY_PRIVATE.next ${names(one.following)
        .map(far => `wgpeer old-${far}= wgpka 15`)
        .join(' ')}`,
    );
  });
});

describe('preshared keys', () => {
  const fleet = fleetOf(many.replace(/^mail:/m, 'tunnel: { preshared_key: true }\nmail:'));

  it('are made again in the turn of their gateway, once for each of its tunnels', () => {
    const made = turnsOf(fleet).map(turn =>
      membersOf(turn)
        .filter(host => host.role === 'gateway')
        .flatMap(host => presharedIn(host, turn, fleet)),
    );
    const gateways = turnsOf(fleet).map(turn => turn.rotating[0]?.role === 'gateway');
    expect(made.map(files => files.length)).toEqual(gateways.map(is => (is ? 2 : 0)));
  });
});

it('hostname.wg0 names the new peer', () => {
  const fleet = fleetOf(article);
  const [relay] = fleet.hosts.filter(isTunnelHost);
  expect(relay && hostnameIfWith(relay, fleet, keysOf(fleet, 'new-'))).toContain('wgpeer new-carinho= wgaip');
});

describe('the report of a host about its new keys', () => {
  const key = 'C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=';

  it('has its public key and the preshared keys', () => {
    expect(prepared(`public ${key}\npreshared /root/KEY_PRESHARED.namorar ${key}\n`)).toEqual({
      publicKey: key,
      preshared: new Map([['/root/KEY_PRESHARED.namorar', key]]),
    });
  });

  it('is empty if there is no key', () => {
    expect(prepared('public nonsense; reboot\npreshared /root/x short\n')).toEqual({
      publicKey: null,
      preshared: new Map(),
    });
  });
});
