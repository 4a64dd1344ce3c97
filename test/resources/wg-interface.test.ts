import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWgInterface } from '../../src/facts/ifconfig.ts';
import { type DesiredWg, movesTo, wgInterface } from '../../src/resources/wg-interface.ts';
import { NotPublished } from '../../src/run/resource.ts';
import { answer, answering, world } from '../answers.ts';

interface Recording {
  readonly about: string;
  readonly stdout: string;
}
const recordings: Recording[] = JSON.parse(
  readFileSync(new URL('../recordings/transcripts.json', import.meta.url), 'utf8'),
);
const recorded = (about: string): string => {
  const found = recordings.find(one => one.about === about);
  if (!found) throw new Error(`no recording: ${about}`);
  return found.stdout;
};

const gateway = recorded('wg0 of the gateway, peer with endpoint');
const relayKey = 'A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk=';
const unknownKey = 'WITRnkVAx6i5Rc+ogLIqz8ZNGvKQr/qQ6Fy0kvTzfHI=';
const wanted: DesiredWg = {
  port: 6900,
  keyFile: '/root/KEY_PRIVATE',
  publicKey: 'C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=',
  peers: [
    {
      publicKey: relayKey,
      allowedIps: ['2001:db8:c1da::2/128'],
      endpoint: { host: '192.0.2.25', port: 6900 },
      keepaliveSeconds: 15,
      presharedKeyFile: null,
      isUnshared: false,
    },
  ],
  address: '2001:db8:c1da::1',
  prefixLength: 64,
  mtu: null,
  routes: [],
};
const peerWords = `wgpeer ${relayKey} wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128 wgpka 15`.split(' ');
const moves = (text: string, desired: DesiredWg = wanted) => movesTo(parseWgInterface(text), desired);

describe('a wg interface', () => {
  it.each([
    ['in another routing domain', gateway.replace(' mtu ', ' rdomain 1 mtu '), 'wg0 is in routing domain 1'],
    [
      "whose port somebody else's has",
      gateway.replace('wg0: ', 'wg1: '),
      'UDP 6900 is in use by wg1, which mailtun did not create',
    ],
  ])('%s is refused before the key of the other end is known', (_, text, what) => {
    const unknown = () => {
      throw new NotPublished('namorar', 'wg public key');
    };
    const resource = wgInterface({ name: 'wg0', port: 6900 }, unknown, false);
    const observed = answering(resource.questions, [], { 'ifconfig -A': answer(text) });
    expect(() => resource.judge(observed, world())).toThrow(what);
  });

  it('is not changed if it is as recorded on a running gateway', () => {
    expect(moves(gateway)).toEqual([]);
  });

  it('sends by routing table 0, as at the next boot', () => {
    const other = gateway.replace('\twgpubkey', '\twgrtable 1\n\twgpubkey');
    expect(moves(other)).toEqual([{ why: 'routing table 0', words: ['wgrtable', '0'] }]);
  });

  it('is made with one command and an address if there is none', () => {
    expect(moves('').map(move => move.words)).toEqual([
      ['wgkey', '/root/KEY_PRIVATE', 'wgport', '6900', ...peerWords],
      ['inet6', '2001:db8:c1da::1/64'],
    ]);
  });

  it.each([
    ['another port', wanted.port, 6901, [['wgport', '6900']]],
    ['another key', wanted.publicKey, unknownKey, [['wgkey', '/root/KEY_PRIVATE']]],
    ['another endpoint', '192.0.2.25 6900', '192.0.2.26 6900', [peerWords]],
    ['another keepalive', 'wgpka 15', 'wgpka 25', [peerWords]],
    ['another allowed ip', 'wgaip 2001:db8:c1da::2', 'wgaip 2001:db8:c1da::77', [peerWords]],
    ['a peer with another key', relayKey, unknownKey, [['-wgpeer', unknownKey, ...peerWords]]],
    ['no address', '\tinet6 2001:db8:c1da::1 prefixlen 64\n', '', [['inet6', '2001:db8:c1da::1/64']]],
    [
      'another prefix',
      'prefixlen 64',
      'prefixlen 48',
      [
        ['inet6', '2001:db8:c1da::1', 'delete'],
        ['inet6', '2001:db8:c1da::1/64'],
      ],
    ],
    ['the interface down', '<UP,', '<', [['up']]],
  ])('with %s gets only the arguments that correct it', (_, from, to, words) => {
    expect(moves(gateway.replace(String(from), String(to))).map(move => move.words)).toEqual(words);
  });

  it('loses a stale peer, and the other is not changed', () => {
    const text = recorded('netstart does not remove a stale peer');
    expect(moves(text).map(move => move.words)).toEqual([['-wgpeer', unknownKey]]);
  });

  it('of the relay is not compared with the roaming endpoint of its peer', () => {
    const peer = wanted.peers[0];
    if (!peer) throw new Error('no peer');
    const desired = { ...wanted, peers: [{ ...peer, endpoint: null }] };
    expect(moves(gateway.replace('192.0.2.25 6900', '198.51.100.7 41641'), desired)).toEqual([]);
  });

  it.each([
    ['is not compared with the address that the name has now', '198.51.100.7 6900', []],
    ['has the new port', '192.0.2.25 6901', [`wgendpoint far.example.com 6900`]],
    ['is set where it has been forgotten', null, [`wgendpoint far.example.com 6900`]],
  ])('whose endpoint is a name: it %s', (_, now, words) => {
    const peers = wanted.peers.map(peer => ({ ...peer, endpoint: { host: 'far.example.com', port: 6900 } }));
    const text = gateway.replace(/\t\twgendpoint .*\n/, now === null ? '' : `\t\twgendpoint ${now}\n`);
    const found = moves(text, { ...wanted, peers }).map(move => move.words.join(' '));
    expect(found).toEqual(words.map(one => expect.stringContaining(one)));
  });

  it('loses a preshared key by -wgpsk only if it has one', () => {
    const text = gateway.replace('\t\twgpka', '\t\twgpsk (present)\n\t\twgpka');
    expect(moves(text)[0]?.words).toContain('-wgpsk');
  });

  it.each([
    ['a gateway, which knows where the far end is', wanted, '', [['2001:db8:c1da::2']]],
    ['a gateway with nothing to change', wanted, gateway, []],
    ['a relay', { ...wanted, peers: wanted.peers.map(peer => ({ ...peer, endpoint: null })) }, '', []],
  ])('starts a handshake by %s, since no keepalive does so soon after a boot', (_, desired, text, words) => {
    const resource = wgInterface({ name: 'wg0', port: desired.port }, () => desired, false);
    const change = resource.judge(answering(resource.questions, [], { 'ifconfig -A': answer(text) }), world());
    const calls = (change?.steps ?? []).filter(step => step.label === 'wg0: starts a handshake with the other end');
    expect(calls.map(step => step.command.args)).toEqual(words);
  });

  it('sets the key again of those peers only that may have another', () => {
    const peers = [relayKey, 'x'.repeat(43)].map(publicKey => ({
      ...wanted.peers[0],
      publicKey,
      presharedKeyFile: publicKey,
    })) as DesiredWg['peers'];
    const running = gateway.replace('\t\twgpka', '\t\twgpsk (present)\n\t\twgpka');
    const of = (rekeyed: DesiredWg['peers']) => movesTo(parseWgInterface(running), { ...wanted, peers }, rekeyed);
    expect(of([]).map(move => move.why)).toEqual([`no peer ${'x'.repeat(43)}`]);
    expect(of(peers.slice(1)).map(move => move.why)).toEqual([`no peer ${'x'.repeat(43)}`]);
    expect(of(peers).map(move => move.why)).toEqual([
      `new preshared key of peer ${relayKey}, no peer ${'x'.repeat(43)}`,
    ]);
  });

  const key = '/root/KEY_PRESHARED.namorar';
  it.each([
    ['is left alone', world(), [], false],
    ['is set if the key is about to change', world({}, [key]), ['wg0: new preshared key'], false],
    ['is set if it may be another than the far end has', world(), ['wg0: new preshared key'], true],
    ['is not set twice', { ...world(), hasChanged: (one: string) => one === 'interface wg0' }, [], true],
  ])('whose preshared key ifconfig does not show %s', (_, given, labels, isUnshared) => {
    const peers = wanted.peers.map(peer => ({ ...peer, presharedKeyFile: key, isUnshared }));
    const resource = wgInterface({ name: 'wg0', port: 6900 }, () => ({ ...wanted, peers }), false);
    const running = gateway.replace('\t\twgpka', '\t\twgpsk (present)\n\t\twgpka');
    const observed = answering(resource.questions, [], { 'ifconfig -A': answer(running) });
    const steps = resource.judge(observed, given)?.steps ?? [];
    expect(steps.map(step => step.label.replace(/ of peer .*/, '')).filter(label => label.includes('key'))).toEqual(
      labels,
    );
  });
});
