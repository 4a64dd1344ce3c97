/** Hosts that change their roles, one after another, and what the others still know of them. */
import { describe, expect, it } from 'vitest';
import { parseHostsFile } from '../../src/facts/hosts-file.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { nextHops } from '../../src/tasks/agreement.ts';
import { recipientsTable } from '../../src/tasks/aliases.ts';
import { type Holders, innerAddresses } from '../../src/tasks/former-names.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { hopsIn } from '../../src/tasks/hops-in.ts';
import { namesFor } from '../../src/tasks/hosts-file.ts';
import { waitingForEachOther } from '../../src/tasks/last-moves.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import type { Standing, Standings } from '../../src/tasks/standing.ts';
import { fleetOf, hostOf } from './fleets.ts';

interface Of {
  readonly tls?: boolean;
  readonly saudade: 'relay' | 'gateway' | 'workstation' | null;
  /** Whether mimando is behind saudade. */
  readonly isFar?: boolean;
  /** Where mail for test@example.com is delivered. */
  readonly test?: string;
  /** Whether everything comes by saudade. */
  readonly isAlone?: boolean;
}

function inventory({ tls = false, saudade, isFar = false, test = 'mimando', isAlone = false }: Of): Fleet {
  const lan = 'lan: { name: saudade.lan, address: 10.0.0.3 }';
  const end = 'tunnel: { name: vpn2.example.com, address: 10.6.9.3 }';
  const two = saudade === 'gateway';
  const role =
    saudade === 'relay'
      ? `endpoint: 192.0.2.22, ${end}, mx: [{ name: mx2.example.com, address: 192.0.2.22 }], outbound: { name: smtp2.example.com, addresses: [192.0.2.22] }`
      : saudade === 'gateway'
        ? `${lan}, ${end}, domains: [${isAlone || isFar ? 'example.com' : 'example.org'}${isAlone ? ', example.org' : ''}]`
        : lan;
  const near = isAlone ? 'retiring: true, ' : two ? `domains: [${isFar ? 'example.org' : 'example.com'}], ` : '';
  const rest = isFar && !isAlone ? 'carinho' : two && !isFar ? 'saudade' : 'mimando';
  return fleetOf(`
domain: [example.com, example.org]
mail: { tls: ${tls}, recipients: { test@example.com: jay@${test}, postmaster@example.com: jay@mimando, postmaster@example.org: jay@${rest} } }
hosts:
  namorar: { role: relay, ssh: namorar, endpoint: 192.0.2.21, tunnel: { name: vpn1.example.com, address: 10.6.9.2 }, mx: [{ name: mx1.example.com, address: 192.0.2.21 }], outbound: { name: smtp.example.com, addresses: [192.0.2.21] } }
  carinho: { role: gateway, ssh: carinho, ${near}tunnel: { name: vpn0.example.com, address: 10.6.9.1 }, lan: { name: carinho.lan, address: 10.0.0.1 } }
  mimando: { role: workstation, ssh: mimando, ${two ? `gateway: ${isFar ? 'saudade' : 'carinho'}, ` : ''}lan: { name: mimando.lan, address: 10.0.0.2 } }
${saudade === null ? '' : `  saudade: { role: ${saudade}, ssh: saudade, ${role} }`}
`);
}

/** What hosts do by the files that an inventory has left, as those read it who have another one now. */
function left(old: Fleet, fleet: Fleet, away: readonly string[] = []): Standings {
  const holders: Holders = new Map(
    old.hosts.flatMap(host => (away.includes(host.name) ? [] : [[host.name, new Set(innerAddresses(host))] as const])),
  );
  return new Map(
    old.hosts.flatMap((host): [string, Standing][] => {
      const now = fleet.hosts.find(one => one.name === host.name);
      if (!now || away.includes(host.name)) return [];
      const view = { ...old, agreed: wantedHops(host, old) };
      const recipients = recipientsTable(host, view)
        .split('\n')
        .filter(line => line !== '' && !line.startsWith('#'))
        .map(line => line.split('\t') as [string, string]);
      const lines = namesFor(host, old).map(({ address, name }) => `${address} ${name}`);
      const hostsFile = parseHostsFile(lines.join('\n'));
      const beside = { recipients, secrets: [...view.agreed.users], hostsFile, holders };
      const hops = hopsIn(smtpdConf(host, view), { host: now, fleet, ...beside });
      return [[host.name, { hops, isSure: true, queued: new Set(), queuedFrom: new Set(), rootTo: null }]];
    }),
  );
}

const all = (): boolean => true;
const next = (name: string, fleet: Fleet, now: Standings) => nextHops(hostOf(fleet, name), fleet, now, all);

describe('a gateway that becomes another one', () => {
  const far = inventory({ saudade: 'gateway', isFar: true });
  it.each(['relay', 'workstation'] as const)('%s: who sends to it is not taken for a sender to the other one', role => {
    const now = left(far, inventory({ saudade: role }));
    expect([...(now.get('mimando')?.hops.sends.keys() ?? [])]).toEqual(['saudade']);
  });
  it('relay: a workstation accepts its mail while it cannot be asked', () => {
    const fleet = inventory({ saudade: 'relay' });
    const now = new Map(left(far, fleet, ['saudade']));
    const carinho = hostOf(fleet, 'carinho');
    const hops = wantedHops(carinho, fleet);
    now.set('carinho', { ...(now.get('carinho') as Standing), hops });
    const { from } = nextHops(hostOf(fleet, 'mimando'), fleet, now, name => name !== 'saudade').hops;
    expect(from).toContain('10.0.0.3');
  });
  it.each(['relay', 'workstation'] as const)('%s: relays accept mail for what is behind it all the time', role => {
    const fleet = inventory({ saudade: role, tls: true });
    const now = left(inventory({ saudade: 'gateway', isAlone: true, isFar: true, tls: true }), fleet);
    expect(next('namorar', fleet, now)).toMatchObject({ isPut: true, waitsFor: 'carinho' });
  });
});

describe('a host that gets a role back', () => {
  it.each([
    ['gateway', 'namorar', { tls: true, saudade: 'gateway', isFar: true }, { tls: true, saudade: 'gateway' }],
    [
      'workstation',
      'carinho',
      { tls: true, saudade: 'workstation', test: 'saudade' },
      { tls: true, saudade: 'workstation' },
    ],
  ] as const)('%s: waits until %s has no mail for others there any more', (_, sender, before, of) => {
    const fleet = inventory(of);
    const now = new Map(left(inventory(before), fleet));
    now.set('saudade', left(inventory({ tls: true, saudade: 'relay' }), fleet).get('saudade') as Standing);
    expect(next('saudade', fleet, now)).toMatchObject({ isPut: true, waitsFor: sender });
    const relay = left(inventory({ tls: true, saudade: 'relay' }), fleet).get(sender) as Standing;
    expect(next('saudade', fleet, new Map(now).set(sender, relay)).isPut).toBe(false);
    const waiting = new Map(now).set(sender, {
      ...relay,
      queued: new Set(['test@example.com']),
      queuedTo: new Map([['test@example.com', 'saudade']]),
    });
    expect(next('saudade', fleet, waiting)).toMatchObject({ isPut: true, waitsFor: sender });
  });
});

it('a relay becomes a gateway and gets a workstation behind it without TLS: they do not wait for each other', () => {
  const [old, fleet] = [inventory({ saudade: 'relay' }), inventory({ saudade: 'gateway', isFar: true })];
  expect(waitingForEachOther(fleet, left(old, fleet), all).size).toBe(0);
});

describe('who is sent mail for the first time, while TLS is turned on,', () => {
  const [old, fleet] = [inventory({ saudade: 'gateway' }), inventory({ saudade: 'gateway', isFar: true, tls: true })];
  const sends = (canChange: (name: string) => boolean): string | undefined => {
    const now = left(old, fleet);
    const station = now.get('saudade') as Standing;
    // It does not wait.
    const open = { ...station, hops: { ...station.hops, takes: { ...station.hops.takes, lan: 'plain' as const } } };
    const ready = { ...open.hops, from: new Set(['10.0.0.2']), senders: new Set(['example.com', 'example.org']) };
    const there = new Map(now).set('saudade', { ...open, hops: ready });
    return nextHops(hostOf(fleet, 'mimando'), fleet, there, canChange).hops.sends.get('saudade');
  };
  it('gets it with TLS: it may require that next', () => expect(sends(all)).toBe('tls'));
  it('gets it without if it is not changed', () => expect(sends(name => name !== 'saudade')).toBe('plain'));
});

it('what a gateway sends a relay is not what it sends the workstation that this becomes', () => {
  const fleet = inventory({ saudade: 'workstation' });
  const { sends, binds } = left(inventory({ saudade: 'relay' }), fleet).get('carinho')?.hops ?? {};
  expect([sends?.has('saudade'), binds?.has('saudade')]).toEqual([false, false]);
});

it('a workstation that cannot be asked gets no mail from a new gateway without TLS, though its former one sends none any more', () => {
  const [old, fleet] = [inventory({ saudade: null }), inventory({ saudade: 'gateway', isFar: true })];
  const carinho = left(fleet, fleet).get('carinho') as Standing;
  const now = new Map(left(old, fleet, ['mimando'])).set('carinho', carinho);
  const gateway = hostOf(fleet, 'saudade');
  const bare = { ...carinho, hops: hopsIn('listen on lo0\n', { host: gateway, fleet, recipients: [], secrets: [] }) };
  const { isPut, hops } = nextHops(gateway, fleet, new Map(now).set('saudade', bare), one => one !== 'mimando');
  expect(isPut || !hops.routes.has('test@example.com')).toBe(true);
});

it('a new gateway that has no password waits for a relay that cannot be asked while TLS is turned off, where the other one sends so', () => {
  const [old, fleet] = [inventory({ saudade: 'relay', tls: true }), inventory({ saudade: 'gateway' })];
  const now = left(old, fleet, ['namorar']);
  const { isPut, waitsFor } = nextHops(hostOf(fleet, 'saudade'), fleet, now, one => one !== 'namorar');
  expect([isPut, waitsFor]).toEqual([true, 'namorar']);
});

it('a new relay sends with TLS to a gateway that cannot be asked, as the other relay does, while TLS is turned off', () => {
  const [old, fleet] = [inventory({ saudade: 'gateway', tls: true }), inventory({ saudade: 'relay' })];
  const now = left(old, fleet, ['carinho']);
  expect(nextHops(hostOf(fleet, 'saudade'), fleet, now, one => one !== 'carinho').hops.sends.get('carinho')).toBe(
    'tls',
  );
});

it('a gateway that becomes a workstation waits until its own one accepts what it still has', () => {
  const [old, fleet] = [inventory({ saudade: 'gateway', isFar: true }), inventory({ saudade: 'workstation' })];
  const now = new Map(left(old, fleet));
  const [saudade, carinho] = ['saudade', 'carinho'].map(name => now.get(name) as Standing) as [Standing, Standing];
  const isOpen = { ...carinho.hops, takes: { ...carinho.hops.takes, lan: 'plain' as const } };
  const there = {
    ...isOpen,
    from: new Set(['10.0.0.2', '10.0.0.3']),
    senders: new Set(['example.com', 'example.org']),
  };
  now.set('carinho', { ...carinho, hops: there }).set('mimando', left(fleet, fleet).get('mimando') as Standing);
  const waits = (queued: readonly string[]) =>
    nextHops(
      hostOf(fleet, 'saudade'),
      fleet,
      new Map(now).set('saudade', { ...saudade, queued: new Set(queued) }),
      all,
    );
  expect(waits([]).isPut).toBe(false);
  expect(waits(['test@example.com'])).toMatchObject({ isPut: true, waitsFor: 'carinho' });
  const here = inventory({ saudade: 'workstation', test: 'saudade' });
  const own = new Map(now).set('saudade', {
    ...(now.get('saudade') as Standing),
    queued: new Set(['test@example.com']),
  });
  expect(next('saudade', here, own).isPut).toBe(false);
});
