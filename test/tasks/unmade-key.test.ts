/** A relay that joins, with --host: the gateway, which makes the preshared key, answers and may not be changed. */

import { describe, expect, it } from 'vitest';
import { WG_PUBLIC_KEY } from '../../src/resources/wg-key.ts';
import type { ObservedHosts } from '../../src/run/desired.ts';
import { type Plan, plan } from '../../src/run/plan.ts';
import type { Published } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { HASH } from '../../src/tasks/credentials.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { standingQuestions } from '../../src/tasks/in-force.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { wireguard } from '../../src/tasks/wireguard.ts';
import { answer, answering, namedFilesAsked, plainFile } from '../answers.ts';
import { pairFor } from '../resources/vouched.ts';
import { fleetOf, hostOf, twoRelays } from './fleets.ts';

const key = (letter: string): string => `${letter.repeat(42)}0=`;
const certificateOf = (name: string) => ({ [`certificate of ${name}`]: pairFor(name).cert });
const shared = twoRelays.replace('preshared_key: false', 'preshared_key: true');
const tasks = [wireguard, smtpd];

const peer = (letter: string, address: string): string => `	wgpeer ${key(letter)}
		wgpsk (present)
		wgaip ${address}/128
`;
const end = (letter: string, address: string, peers: string): string => `wg0: flags=80c3<UP> mtu 1420
	wgport 6900
	wgpubkey ${key(letter)}
${peers}	inet6 ${address} prefixlen 64
`;
const [one, two, three] = ['2001:db8:c1da::1', '2001:db8:c1da::2', '2001:db8:c1da::3'];
const gateway = end('c', one, peer('n', two));

/** What a host has, besides what smtpd needs. */
function seen(text: string, name: string, ifconfig: string, keys: readonly string[] = []) {
  const fleet = fleetOf(text);
  const host = hostOf(fleet, name);
  const asked = [
    ...assign(tasks, host, fleet).flatMap(({ resource }) => resource.questions),
    ...standingQuestions(host, fleet),
  ];
  const files = keys.map(of => plainFile(`/root/KEY_PRESHARED.${of}`, `${key('p')}\n`, { mode: '0600' }));
  return answering(asked, [...namedFilesAsked(asked), ...files], {
    'ifconfig -A': answer(ifconfig),
    ...(ifconfig === '' ? {} : { 'tunnels of mailtun': answer('wg0\n') }),
  });
}

/** What is planned for saudade alone. @param made whether the others have been set up. */
function planned(text: string, saudade: string, { made = true, keys = [] as readonly string[] } = {}): Plan {
  const hosts = new Map([
    ['namorar', made ? seen(text, 'namorar', end('n', two, peer('c', one)), ['carinho']) : seen(text, 'namorar', '')],
    ['carinho', seen(text, 'carinho', made ? gateway : '', made ? ['namorar', ...keys] : [])],
    ['saudade', seen(text, 'saudade', saudade)],
    ['mimando', seen(text, 'mimando', '')],
  ]);
  const all: ObservedHosts = new Map(
    [...hosts].map(([name, observed]) => [name, { observed, canChange: name === 'saudade' }]),
  );
  const fleet = fleetOf(text);
  const { assigned, held } = agreements(fleet, tasks)(hostOf(fleet, 'saudade'), true)(all, false);
  const observed = hosts.get('saudade');
  if (!observed) throw new Error('saudade was asked');
  const keysMade = Object.fromEntries(keys.map(of => [`preshared key with ${of}`, key('p')]));
  const known: Published = new Map(
    Object.entries({
      namorar: { [WG_PUBLIC_KEY]: key('n') },
      carinho: made
        ? { [WG_PUBLIC_KEY]: key('c'), [HASH]: '$2b$10$x', ...certificateOf('vpn0.example.com'), ...keysMade }
        : {},
      saudade: { [WG_PUBLIC_KEY]: key('s') },
    }),
  );
  return plan(assigned, observed, known, { now: 0, held });
}
const ids = (list: readonly { readonly resource: string }[]): readonly string[] => list.map(({ resource }) => resource);

describe('a relay that joins while the gateway, which makes the preshared key, may not be changed', () => {
  it('has its address, not the gateway as a peer, and says until when', () => {
    const { changes, waiting, held } = planned(shared, '');
    expect(waiting).toEqual([]);
    expect(held.filter(({ task }) => task === 'wireguard')).toEqual([
      {
        task: 'wireguard',
        resource: '/root/KEY_PRESHARED.carinho',
        what: 'the tunnel to carinho, which makes its key',
        until: 'carinho can be changed as well',
      },
    ]);
    const wg = changes.find(({ resource }) => resource === 'interface wg0');
    const words = wg?.steps.flatMap(step => step.command.args) ?? [];
    expect(words).toContain(`${three}/64`);
    expect(words).not.toContain('wgpeer');
    expect(ids(changes)).toContain('/etc/mail/smtpd.conf');
  });
  it('has the peer as soon as the key is there', () => {
    const { changes } = planned(shared, '', { keys: ['saudade'] });
    expect(ids(changes)).toContain('/root/KEY_PRESHARED.carinho');
    const wg = changes.find(({ resource }) => resource === 'interface wg0');
    expect(wg?.steps.flatMap(step => step.command.args)).toContain('wgpeer');
  });
  it('keeps a peer that it has, whose key is lost', () => {
    const { changes, waiting } = planned(shared, end('s', three, peer('c', one)));
    expect(ids(waiting)).toContain('interface wg0');
    expect(ids(changes)).not.toContain('interface wg0');
    expect(ids(changes)).toContain('/etc/mail/smtpd.conf');
  });
});

describe('smtpd.conf waits with the interface that is to have its address', () => {
  const plain = twoRelays.replace('# tls: off ', 'tls: off #');
  it('while the gateway has no public key yet, and TLS is off', () => {
    const { changes, waiting } = planned(plain, '', { made: false });
    expect(ids(waiting)).toEqual(expect.arrayContaining(['interface wg0', '/etc/mail/smtpd.conf', 'service smtpd']));
    expect(ids(changes)).not.toContain('/etc/mail/smtpd.conf');
  });
  it('and not where the address is there', () => {
    const { changes, waiting } = planned(plain, end('s', three, ''), { made: false });
    expect(ids(waiting)).toContain('interface wg0');
    expect(ids(changes)).toContain('/etc/mail/smtpd.conf');
  });
});
