import { describe, expect, it } from 'vitest';
import { WG_PUBLIC_KEY } from '../../src/resources/wg-key.ts';
import { plan, recalledBy, worldOf } from '../../src/run/plan.ts';
import type { Observed, Published, World } from '../../src/run/resource.ts';
import { type Assigned, assign } from '../../src/run/task.ts';
import { credentials, HASH, SECRETS } from '../../src/tasks/credentials.ts';
import { shownIn, shownKey } from '../../src/tasks/shown-certificates.ts';
import { LAN_CA, trust, VPN_CA } from '../../src/tasks/trust.ts';
import { wireguard } from '../../src/tasks/wireguard.ts';
import { answer, answeringAll, plainFile } from '../answers.ts';
import { pairFor } from '../resources/vouched.ts';
import { acme, fleetOf, hostOf, severalStations, twoGateways, twoRelays } from './fleets.ts';

const certificateOf = (name: string) => ({ [`certificate of ${name}`]: pairFor(name).cert });
const key = (letter: string): string => `${letter.repeat(42)}0=`;
const hash = (letter: string): string => `$2b$10$${letter.repeat(53)}`;
const parts = {
  namorar: { [WG_PUBLIC_KEY]: key('n') },
  carinho: { [WG_PUBLIC_KEY]: key('c'), [HASH]: hash('c'), ...certificateOf('vpn0.example.com') },
  lar: { [WG_PUBLIC_KEY]: key('l'), [HASH]: hash('l'), ...certificateOf('vpn0.example.org') },
};
const all: Published = new Map(Object.entries(parts));
const without = (...hosts: readonly string[]): Published => new Map([...all].filter(([host]) => !hosts.includes(host)));

const assignedTo = (text: string, name: string): readonly Assigned[] => {
  const fleet = fleetOf(text);
  return assign([wireguard, credentials, trust], hostOf(fleet, name), fleet);
};
const seeing = (published: Published): World => worldOf(published, { now: 0 });

/** A host as a run has left it that knew `published`; `wg` is what ifconfig prints. */
const leftBy = (assigned: readonly Assigned[], published: Published, wg = ''): Observed =>
  answeringAll(
    assigned,
    assigned
      .flatMap(({ resource }) => resource.wants?.(seeing(published)) ?? [])
      .map(({ path, content, mode, group }) => plainFile(path, content, { mode, group })),
    { 'ifconfig -A': answer(wg) },
  );

const WG0 = `wg0: flags=80c3<UP,BROADCAST,RUNNING,NOARP,MULTICAST> mtu 1420
	wgport 6900
	wgpubkey ${key('n')}
	wgpeer ${key('c')}
		wgpka 15 (sec)
		wgaip 10.6.9.1/32
	wgpeer ${key('l')}
		wgpka 15 (sec)
		wgaip 10.6.9.3/32
	inet 10.6.9.2 netmask 0xffffff00 broadcast 10.6.9.255
`;
const relay = assignedTo(twoGateways, 'namorar');

describe('an unreachable host', () => {
  it('is known by its far end: key, password hash and certificate', () => {
    const recalled = recalledBy(relay, leftBy(relay, all, WG0));
    expect(recalled.get('lar')).toMatchObject(parts.lar);
    expect(recalled.get('carinho')).toMatchObject(parts.carinho);
  });
  it('causes no change on its far end', () => {
    const observed = leftBy(relay, all, WG0);
    const known = new Map([...recalledBy(relay, observed), ...without('lar')]);
    expect(plan(relay, observed, known, { now: 0, away: ['lar'] })).toMatchObject({
      changes: [],
      waiting: [],
      without: [],
    });
  });
  it('is left out and reported if no host knows it', () => {
    const {
      changes,
      waiting,
      without: reported,
    } = plan(relay, answeringAll(relay), without('lar'), { now: 0, away: ['lar'] });
    expect([waiting, reported]).toEqual([[], ['lar']]);
    const text = JSON.stringify(
      changes.flatMap(change => change.steps.map(step => [step.command.args, step.stage?.args])),
    );
    for (const part of Object.values(parts.carinho)) expect(text).toContain(JSON.stringify(part).slice(1, -1));
    expect(text).not.toContain(key('l'));
    expect(text).not.toContain('mailuser-lar');
  });
  it('is waited for if there is no other neighbour', () => {
    const { changes, waiting } = plan(relay, answeringAll(relay), without('lar', 'carinho'), {
      now: 0,
      away: ['lar', 'carinho'],
    });
    expect(changes).toEqual([]);
    expect(waiting.map(({ resource }) => resource)).toEqual(['/etc/hostname.wg0', 'interface wg0', SECRETS, VPN_CA]);
  });
  it('is waited for as usual if it is reachable and has not made its part yet', () => {
    expect(plan(relay, answeringAll(relay), without('lar'), { now: 0 }).waiting.map(({ host }) => host)).toContain(
      'lar',
    );
  });
  it('needs no preshared key if it is left out, and keeps an existing one', () => {
    const secret = assignedTo(`${twoGateways}tunnel: { preshared_key: true }\n`, 'namorar');
    const shared: Published = new Map(
      [...all].map(([host, known]) => [host, { ...known, 'preshared key with namorar': key('s') }]),
    );
    const known: Published = new Map([...shared].filter(([host]) => host !== 'lar'));
    const bare = plan(secret, answeringAll(secret), known, { now: 0, away: ['lar'] });
    expect(bare.waiting).toEqual([]);
    expect(bare.changes.map(change => change.resource)).not.toContain('/root/KEY_PRESHARED.lar');
    const recalled = recalledBy(secret, leftBy(secret, shared, WG0));
    expect(recalled.get('lar')).toMatchObject(shared.get('lar') ?? {});
  });
  describe('that has to make a preshared key first', () => {
    const assigned = assignedTo(twoRelays.replace('preshared_key: false', 'preshared_key: true'), 'saudade');
    const known: Published = new Map(
      Object.entries({ carinho: parts.carinho, saudade: { [WG_PUBLIC_KEY]: key('s') } }),
    );
    const planned = (wg: string, more = known) =>
      plan(assigned, answeringAll(assigned, [], { 'ifconfig -A': answer(wg) }), more, { now: 0, away: ['carinho'] });

    it('is no peer of a new relay until then, whose interface has its address', () => {
      const { changes, waiting, without: reported } = planned('');
      expect([waiting, reported]).toEqual([[], ['carinho']]);
      const wg = changes.find(({ resource }) => resource === 'interface wg0');
      const words = wg?.steps.flatMap(step => step.command.args) ?? [];
      expect(words).toContain('2001:db8:c1da::3/64');
      expect(words).not.toContain('wgpeer');
    });
    it('stays a peer where the key is lost', () => {
      const peer = `wg0: flags=80c3<UP> mtu 1420
	wgport 6900
	wgpubkey ${key('s')}
	wgpeer ${key('c')}
		wgpsk (present)
		wgaip 2001:db8:c1da::1/128
	inet6 2001:db8:c1da::3 prefixlen 64
`;
      const observed = answeringAll(assigned, [], { 'ifconfig -A': answer(peer) });
      const recalled = recalledBy(assigned, observed);
      const all = new Map([...known].map(([host, one]) => [host, { ...one, ...recalled.get(host) }]));
      const { changes, waiting } = planned(peer, all);
      expect(changes.map(({ resource }) => resource)).not.toContain('interface wg0');
      expect(waiting.map(({ resource }) => resource)).toContain('interface wg0');
    });
  });
  it('that has its key later does not remove another one until then', () => {
    const secret = assignedTo(`${twoGateways}tunnel: { preshared_key: true }\n`, 'namorar');
    const former = { 'preshared keys': answer('/root/KEY_PRESHARED.door\n') };
    const { changes, waiting } = plan(secret, answeringAll(secret, [], former), all, { now: 0 });
    const ids = ['/etc/hostname.wg0', 'interface wg0', 'preshared keys'];
    expect(waiting.map(({ resource }) => resource)).toEqual(expect.arrayContaining(ids));
    expect(changes.map(({ resource }) => resource).filter(id => ids.includes(id))).toEqual([]);
  });
  it('is still trusted in the LAN', () => {
    const gateway = assignedTo(severalStations, 'carinho');
    const lan: Published = new Map([
      ['mimando', certificateOf('mimando.lan')],
      ['desk', certificateOf('desk.lan')],
    ]);
    const bundle =
      gateway.find(({ resource }) => resource.id === LAN_CA)?.resource.wants?.(seeing(lan))[0]?.content ?? '';
    expect(recalledBy(gateway, answeringAll(gateway, [plainFile(LAN_CA, bundle)])).get('desk')).toEqual(
      lan.get('desk'),
    );
  });
});

describe("a relay's public certificate, while the relay is unreachable", () => {
  const gateway = assignedTo(acme, 'carinho');
  const own = { ...certificateOf('vpn1.example.com'), ...certificateOf('smtp.example.com') };
  const shownKeyOf = shownKey('smtp.example.com');
  const known = (shown: string): Published => new Map([['namorar', { ...own, [shownKeyOf]: shown }]]);
  it.each(['vouched', 'self-signed'])('is the one that the gateway has trusted so far: %s', shown => {
    const bundle = gateway.find(({ resource }) => resource.id === VPN_CA)?.resource.wants?.(seeing(known(shown)));
    const recalled = recalledBy(gateway, answeringAll(gateway, [plainFile(VPN_CA, bundle?.[0]?.content ?? '')]));
    expect(recalled.get('namorar')?.[shownKeyOf]).toBe(shown);
  });
  it('counts as self-signed if nothing is known', () => {
    const fleet = fleetOf(acme);
    const namorar = hostOf(fleet, 'namorar');
    if (namorar.role !== 'relay') throw new Error('namorar is the relay');
    const world = worldOf(new Map(), { now: 0, lacks: () => true });
    expect(shownIn(world)(namorar, 'smtp.example.com')).toBe(false);
  });
});
