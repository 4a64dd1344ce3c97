import { describe, expect, it } from 'vitest';
import { parseHostsFile } from '../../src/facts/hosts-file.ts';
import { parseSmtpdConf, type SmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { nextHops } from '../../src/tasks/agreement.ts';
import { recipientsTable } from '../../src/tasks/aliases.ts';
import { type Holders, innerAddresses } from '../../src/tasks/former-names.ts';
import {
  type Hops,
  isRest,
  loginOf,
  receiversOf,
  routeFor,
  type Side,
  sendersTo,
  type View,
  wantedHops,
} from '../../src/tasks/hops.ts';
import { hopsIn } from '../../src/tasks/hops-in.ts';
import { namesFor } from '../../src/tasks/hosts-file.ts';
import { lastMoves, waitingForEachOther } from '../../src/tasks/last-moves.ts';
import { gatewayOf, isTunnelHost, peersOf } from '../../src/tasks/neighbours.ts';
import { nextRoot, rootMailOf, rootTarget } from '../../src/tasks/root-alias.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import type { Standing, Standings } from '../../src/tasks/standing.ts';
import { answer } from '../answers.ts';
import { fc } from '../properties.ts';
import { article, fleetOf as fleetOfText, hostOf, severalStations, twoGateways } from './fleets.ts';
import { verdictOf } from './smtpd-model.ts';

const NAMES = ['namorar', 'saudade', 'carinho', 'lar', 'mimando', 'desk', 'sala'] as const;

interface Drawn {
  readonly tls: boolean;
  readonly relays: number;
  readonly gateways: number;
  /** Whether `desk` is there, too. */
  readonly desk: boolean;
  /** Hosts that have another role than usual. */
  readonly others: { readonly saudade: boolean; readonly lar: boolean; readonly desk: boolean };
  /** Local parts, and the workstation each is delivered on. */
  readonly recipients: readonly (readonly [string, boolean])[];
  readonly second: boolean;
  /** Whether the hosts of the LAN have other addresses there. */
  readonly moved: boolean;
  /** Whether all names of the tunnel, the LAN and the way out are others. */
  readonly renamed: boolean;
  /** Whether `desk` is a workstation of the second gateway, where there are two; the second domain is that one's, too, then. */
  readonly isFar: boolean;
  /** Whether the second gateway has a workstation of its own. */
  readonly sala: boolean;
}

const QUIET: Drawn = {
  tls: false,
  relays: 1,
  gateways: 1,
  desk: false,
  others: { saudade: false, lar: false, desk: false },
  recipients: [],
  second: false,
  moved: false,
  renamed: false,
  isFar: false,
  sala: false,
};

function inventory({ tls, others, recipients, second, moved, renamed, isFar, sala, ...count }: Drawn): string {
  const [is2nd, isLar, isDesk] = [count.relays > 1, count.gateways > 1, count.desk];
  const [gateways, desk] = [isLar && !others.lar ? 2 : 1, isDesk && !others.desk];
  const far = desk && isFar && gateways > 1;
  const domains = ['example.com', ...(second ? ['example.org'] : [])];
  const isLars = (domain: string): boolean => far && domain === 'example.org';
  const station = (isAna: boolean, domain: string): string => {
    if (isLars(domain)) return isAna || !sala ? 'ana@desk' : 'rui@sala';
    return isAna && desk && !far ? 'ana@desk' : 'jay@mimando';
  };
  const lines = [
    ...domains.map(domain => `postmaster@${domain}: ${station(false, domain)}`),
    ...recipients.flatMap(([local, isAna]) => domains.map(domain => `${local}@${domain}: ${station(isAna, domain)}`)),
    ...(gateways > 1 ? [`postmaster@example.net: ${sala ? 'rui@sala' : far ? 'ana@desk' : 'jay@lar'}`] : []),
    ...(far ? ['ana@example.net: ana@desk'] : []),
  ];
  const [vpn, out, lan] = renamed ? ['other', 'away', 'home'] : ['vpn', 'smtp', 'lan'];
  const relay = (name: string, n: number) => `
  ${name}: { role: relay, ssh: ${name}, endpoint: 192.0.2.2${n}, tunnel: { name: r${n}.${vpn}.example.com, address: 10.6.9.1${n} }, mx: [{ name: mx${n}.example.com, address: 192.0.2.2${n} }], outbound: { name: ${out}${n}.example.com, addresses: [192.0.2.2${n}] } }`;
  const workstation = (name: string, n: number) => `
  ${name}: { role: workstation, ssh: ${name}, gateway: ${(far && name === 'desk') || name === 'sala' ? 'lar' : 'carinho'}, lan: { name: ${name}.${lan}, address: 10.0.${moved ? 1 : 0}.${n} } }`;
  return `
domain: [${[...domains, ...(gateways > 1 ? ['example.net'] : [])].join(', ')}]
mail: { tls: ${tls}, recipients: { ${lines.join(', ')} } }
hosts:${relay('namorar', 1)}${is2nd ? (others.saudade ? workstation('saudade', 4) : relay('saudade', 2)) : ''}
  carinho: { role: gateway, ssh: carinho, domains: [${domains.filter(one => !isLars(one)).join(', ')}], tunnel: { name: g1.${vpn}.example.com, address: 10.6.9.1 }, lan: { name: carinho.${lan}, address: 10.0.${moved ? 1 : 0}.1 } }${
    gateways > 1
      ? `\n  lar: { role: gateway, ssh: lar, domains: [${['example.net', ...domains.filter(isLars)].join(', ')}], tunnel: { name: g2.${vpn}.example.com, address: 10.6.9.2 }, lan: { name: lar.${lan}, address: 10.0.${moved ? 1 : 0}.6 } }`
      : isLar
        ? workstation('lar', 5)
        : ''
  }${workstation('mimando', 2)}${desk ? workstation('desk', 3) : isDesk ? relay('desk', 3) : ''}${gateways > 1 && sala ? workstation('sala', 7) : ''}
`;
}

const fleetOf = (drawn: Drawn): Fleet => readInventory('inventory.yaml', inventory(drawn));

const drawn: fc.Arbitrary<Drawn> = fc.record({
  tls: fc.boolean(),
  relays: fc.integer({ min: 1, max: 2 }),
  gateways: fc.integer({ min: 1, max: 2 }),
  desk: fc.boolean(),
  others: fc.record({ saudade: fc.boolean(), lar: fc.boolean(), desk: fc.boolean() }),
  recipients: fc.uniqueArray(fc.tuple(fc.constantFrom('test', 'ana', 'rui'), fc.boolean()), {
    selector: ([local]) => local,
    maxLength: 3,
  }),
  second: fc.boolean(),
  moved: fc.boolean(),
  renamed: fc.boolean(),
  isFar: fc.constant(false),
  sala: fc.constant(false),
});

/** The smtpd.conf(5) that was read. */
const written = new WeakMap<Hops, SmtpdConf>();
/** The host for which it was written, and the inventory. */
const writtenFor = new WeakMap<Hops, Written>();

interface Written {
  readonly host: Host;
  readonly fleet: Fleet;
}

const pairsOf = (host: Host, view: View): [string, string][] =>
  recipientsTable(host, view)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split('\t') as [string, string]);

/** What a file does that was read by another inventory, which has to guess where a name is gone. */
const meant = new WeakMap<Hops, Hops>();
const doneBy = (standing: Standing | undefined): Hops | undefined =>
  standing && (meant.get(standing.hops) ?? standing.hops);

/** What smtpd reads on a host that has made its files for `agreed`: written, then read again. */
function files(host: Host, fleet: Fleet, agreed: Hops): Standing {
  const view = { ...fleet, agreed };
  const conf = smtpdConf(host, view);
  const hops = hopsIn(conf, { host, fleet, recipients: pairsOf(host, view), secrets: [...agreed.users] });
  written.set(hops, parseSmtpdConf(conf));
  writtenFor.set(hops, { host, fleet });
  return { hops, isSure: true, queued: new Set(), queuedFrom: new Set(), rootTo: rootTarget(host, fleet) };
}

/** The addresses that all hosts have on their interfaces. */
const holdersIn = (fleet: Fleet): Holders =>
  new Map(fleet.hosts.map(host => [host.name, new Set(innerAddresses(host))] as const));

/**
 * What an old inventory has left, read by those who have another one now: its names and hosts may be gone.
 * @param holders whose interfaces are known.
 */
const leftBy = (old: Fleet, fleet: Fleet, holders?: Holders): Standings =>
  new Map(
    old.hosts.flatMap(host => {
      if (!fleet.hosts.some(one => one.name === host.name)) return [];
      const { hops, ...rest } = files(host, old, wantedHops(host, old));
      const text = smtpdConf(host, { ...old, agreed: hops });
      const beside = { recipients: pairsOf(host, { ...old, agreed: hops }), secrets: [...hops.users] };
      const hostsFile = parseHostsFile(
        namesFor(host, old)
          .map(one => `${one.address} ${one.name}`)
          .join('\n'),
      );
      const now = fleet.hosts.find(one => one.name === host.name) ?? host;
      const read = hopsIn(text, { ...beside, host: now, fleet, hostsFile, holders });
      written.set(hops, parseSmtpdConf(text));
      writtenFor.set(hops, { host, fleet: old });
      meant.set(read, hops);
      return [[host.name, { ...rest, hops: read }] as const];
    }),
  );

const asWanted = (fleet: Fleet): Standings =>
  new Map(fleet.hosts.map(host => [host.name, files(host, fleet, wantedHops(host, fleet))]));

/** What a host may send and the next one refuses, or does not take at all although both carried mail before (`old`). */
function refusals(fleet: Fleet, now: Standings, old: Standings = now): readonly string[] {
  // Mail from and to a host that has a new part waits for its neighbours.
  const isSettled = (name: string): boolean => {
    const before = doneBy(old.get(name));
    return before !== undefined && before.role === (doneBy(now.get(name)) ?? before).role;
  };
  return fleet.hosts.flatMap(sender => {
    const own = doneBy(now.get(sender.name));
    if (!own) return [];
    const as = writtenFor.get(own) ?? { host: sender, fleet };
    return receiversOf(as.host, as.fleet).flatMap(({ host: { name }, side }) => {
      const there = doneBy(now.get(name));
      const takes = there?.takes[side];
      // Nobody listens there: mail waits.
      if (!there || takes === undefined || there.routes === BY_ALIASES) return [];
      if (side === 'tunnel' && !isPeer(sender.name, writtenFor.get(there))) return [];
      const mode = own.sends.get(name);
      if (mode === undefined) return [];
      // Mail to a new neighbour waits for that one.
      const isOld = doneBy(old.get(sender.name))?.sends.has(name);
      if (side === 'lan' && [mode, takes].every(one => one === 'tls') && !isTrusted(sender, writtenFor.get(there)))
        return [];
      const arrives = mode === 'plain' || takes !== 'plain';
      const mail = [...own.routes].filter(([, to]) => to === name).map(([address]) => address);
      // A gateway without mail for a new workstation sends it nothing.
      const isUsed = isOld || mail.length > 0 || as.host.role !== 'gateway';
      const user =
        as.host.role === 'gateway' && side === 'tunnel' && mode === 'tls' && takes !== 'plain' ? [...own.users] : [];
      return [
        // TLS where none is offered waits; without it where it is required is refused.
        ...(isUsed && mode === 'plain' && takes === 'tls' ? [`${sender.name} has no TLS for ${name}`] : []),
        ...(mode === 'tls' && takes === 'plain' && [sender.name, name].every(isSettled) && !insists(fleet, old) && isOld
          ? [`${sender.name} waits for TLS of ${name}`]
          : []),
        ...(arrives ? matchedToNothing(as, { name, side }, [own, there]) : []),
        ...(arrives && isUsed ? sourcesRefused(own, there, name, old) : []).map(
          source => `${sender.name} to ${name} from ${source}`,
        ),
        ...mail
          .filter(one => !isRefusedAnyhow(one, name) && routeFor(one, there.routes) === undefined)
          .map(one => `${sender.name} to ${name}: ${one}`),
        ...user
          .filter(one => [sender.name, name].every(isSettled) && !there.users.has(one))
          .map(one => `${sender.name} at ${name} as ${one}`),
      ];
    });
  });
}

/**
 * Mail that waited before the first move, which the next host would refuse: it goes where its action led then, or where its
 * recipient's does now, if that host is no neighbour any more. Hosts of other roles by now are left out.
 */
const queuedRefused = (now: Standings, old: Standings): readonly string[] =>
  [...old].flatMap(([name, { queued, queuedFrom }]) => {
    const [before, own] = [doneBy(old.get(name)), doneBy(now.get(name))];
    const as = own && writtenFor.get(own);
    if (!before || !as || before.role !== own.role) return [];
    const receivers = receiversOf(as.host, as.fleet);
    const isRefused = (to: string | undefined, accepts: (there: Hops) => boolean): boolean => {
      const [there, side] = [doneBy(now.get(to ?? '')), receivers.find(one => one.host.name === to)?.side];
      if (
        !there ||
        side === undefined ||
        there.takes[side] === undefined ||
        there.role !== doneBy(old.get(to ?? ''))?.role
      )
        return false;
      if (side === 'tunnel' && !isPeer(name, writtenFor.get(there))) return false;
      return (own.sends.get(to ?? '') === 'plain' || there.takes[side] !== 'plain') && !accepts(there);
    };
    const refused = [...queued].filter(address => {
      const then = routeFor(address, before.routes);
      const to = receivers.some(one => one.host.name === then) ? then : routeFor(address, own.routes);
      return isRefused(to, there => routeFor(address, there.routes) !== undefined);
    });
    const from = [...queuedFrom].filter(domain =>
      isRefused(receivers[0]?.host.name, there => there.senders.has(domain)),
    );
    return [...refused, ...from].map(one => `${name}: what waits for or from ${one}`);
  });

/**
 * Hosts whose own mail for root the host itself, or the gateway of a workstation, has no recipient for.
 * @param old as the hosts were read: a workstation that moves while all names and addresses change is taken for one that sends
 * to its new gateway already, and moves at once.
 */
const rootsRefused = (now: Standings, old: Standings): readonly string[] =>
  [...now].flatMap(([name, { rootTo, hops }]) => {
    const own = doneBy(now.get(name)) ?? hops;
    if (rootTo === null || !rootTo.includes('@') || isMisread(name, old)) return [];
    const through = own.role === 'workstation' ? [...own.sends.keys()] : [name];
    return through.flatMap(one => {
      const there = doneBy(now.get(one));
      if (!there || (one !== name && there.takes.lan === undefined)) return [];
      // TLS where none is offered waits.
      if (own.sends.get(one) === 'tls' && there.takes.lan === 'plain') return [];
      return isAcceptedAt(now, there, rootTo) ? [] : [`root's mail of ${name} to ${rootTo} at ${one}`];
    });
  });

/** Whether mail to an address that is handed to a host by itself is accepted there: a gateway sends it on to the relays else. */
const isAcceptedAt = (now: Standings, there: Hops, address: string): boolean => {
  if (routeFor(address, there.routes) !== undefined) return true;
  const relays = [...now].map(([, { hops }]) => hops).filter(({ role, takes }) => role === 'relay' && takes.tunnel);
  const isRefused = there.refuses.has(address.slice(address.lastIndexOf('@') + 1));
  return (
    there.role === 'gateway' && !isRefused && relays.every(({ routes }) => routeFor(address, routes) !== undefined)
  );
};

const isMisread = (name: string, old: Standings): boolean => {
  const read = old.get(name);
  return (
    read?.hops.role === 'workstation' &&
    [...read.hops.sends.keys()].join() !== [...(doneBy(read) ?? read.hops).sends.keys()].join()
  );
};

/** Recipients that a relay accepted and is to accept, and does not meanwhile: the world's mail for them is refused. */
const worldRefused = (fleet: Fleet, now: Standings, old: Standings): readonly string[] =>
  fleet.hosts.flatMap(host => {
    const [before, own] = [doneBy(old.get(host.name)), doneBy(now.get(host.name))];
    if (host.role !== 'relay' || before?.role !== 'relay' || !own) return [];
    const wanted = wantedHops(host, fleet).routes;
    return [...before.routes.keys()]
      .filter(one => routeFor(one, wanted) !== undefined && routeFor(one, own.routes) === undefined)
      .map(one => `${host.name} refuses ${one}`);
  });

/** The same, with mail for all recipients in all queues, and on workstations of all senders that their gateway accepts. */
const withQueues = (fleet: Fleet, standings: Standings): Standings =>
  new Map(
    [...standings].map(([name, standing]) => {
      const { routes } = doneBy(standing) ?? standing.hops;
      const queuedTo = new Map([...routes].filter(([, to]) => loginOf(to) === null));
      const queued = new Set(queuedTo.keys());
      const host = hostOf(fleet, name);
      const senders = host.role === 'workstation' ? gatewayOf(host, fleet).domains : [];
      return [name, { ...standing, queued, queuedTo, queuedFrom: new Set(senders) }];
    }),
  );

/** Whether the tunnel leads from there to a host whose files were written like that: who is no peer of it waits. */
const isPeer = (name: string, at: Written | undefined): boolean =>
  !at || (isTunnelHost(at.host) && peersOf(at.host, at.fleet).some(peer => peer.name === name));

/** Whether a receiver's files have a certificate of a sender in its LAN: without one that sender's mail waits. */
const isTrusted = (sender: Host, at: Written | undefined): boolean =>
  !at || sendersTo(at.host, 'lan', at.fleet).some(one => one.name === sender.name);

/** Whatever address a sender's kernel may choose, where its smtpd leaves it the choice. */
const ANY_ADDRESS = 'wherever';

const lanOf = (host: Host): string => (host.role === 'relay' ? '' : (host.lan?.address ?? ''));

const domainBehind = (host: Host, fleet: Fleet): string =>
  host.role === 'relay' ? '' : ((host.role === 'gateway' ? host : gatewayOf(host, fleet)).domains[0] ?? '');

/** Mail that a sender may hand on and that no rule of the receiver's smtpd.conf matches, by the model of ruleset.c. */
function matchedToNothing(
  { host: sender, fleet }: Written,
  { name, side }: { readonly name: string; readonly side: Side },
  [own, there]: readonly [Hops, Hops],
): readonly string[] {
  const conf = written.get(there);
  const bound = own.binds.get(name);
  if (conf === undefined || bound === null) return [];
  const source = side === 'lan' ? (bound ?? lanOf(sender)) : sender.role === 'workstation' ? '' : sender.tunnel.address;
  const tag = conf.listeners.some(one => `${one.raw} `.includes(` tag ${side} `)) ? side : '';
  const isOutward = sender.role === 'workstation' || fleet.hosts.some(one => one.name === name && one.role === 'relay');
  const to = [...own.routes].flatMap(([address, route]) => (route === name && !isRest(address) ? [address] : []));
  const mail = [
    ...to.map(one => ['a@other.example', one]),
    ...(isOutward ? [[`test@${domainBehind(sender, fleet)}`, 'a@other.example']] : []),
  ];
  return mail
    .filter(([from = '', one = '']) => {
      const session = { tag, source, user: null, from, to: one };
      return verdictOf(conf, session, { own: [], names: ['localhost'] }) === 'refused';
    })
    .map(([from, one]) => `${sender.name} to ${name}: no rule for mail from ${from} to ${one}`);
}

/** The addresses from which a sender of the LAN may come and is refused. */
function sourcesRefused(own: Hops, there: Hops, receiver: string, old: Standings): readonly string[] {
  const bound = own.binds.get(receiver);
  if (bound === undefined || there.from === 'anywhere' || there.routes === BY_ALIASES) return [];
  // What was refused before any move is not lost by one.
  if (bound === null) return doneBy(old.get(receiver))?.from === 'anywhere' ? [ANY_ADDRESS] : [];
  return there.from.has(bound) ? [] : [bound];
}

/** Files of an earlier release: rules by address, senders that let their kernel choose. */
const asBefore = (host: Host, fleet: Fleet): Hops => {
  const wanted = wantedHops(host, fleet);
  const near = fleet.hosts.flatMap(one =>
    one.role === 'relay' || one.role === host.role || !one.lan ? [] : [one.lan.address],
  );
  return {
    ...wanted,
    from: wanted.takes.lan === undefined ? new Set() : new Set(near),
    binds: new Map([...wanted.binds.keys()].map(name => [name, null])),
  };
};

/** A workstation refuses whom it does not know, whatever was written by hand in front of it. */
const isRefusedAnyhow = (address: string, receiver: string): boolean =>
  isRest(address) && ['mimando', 'desk'].includes(receiver);

/** Of a workstation that delivers by aliases(5) whatever it is handed: its smtpd.conf names no recipient. */
const BY_ALIASES: Hops['routes'] = new Map();

/** As a person writes smtpd.conf after the article: all mail of a domain goes on. */
const byHand = (fleet: Fleet): Standings =>
  new Map(
    fleet.hosts.map(host => {
      const wanted = wantedHops(host, fleet);
      const conf = smtpdConf(host, { ...fleet, agreed: wanted }).replaceAll(/ rcpt-to <recipients_\w+>/g, '');
      const hops = hopsIn(conf, { host, fleet, recipients: [], secrets: [...wanted.users] });
      const routes = host.role === 'workstation' ? BY_ALIASES : hops.routes;
      return [host.name, { ...files(host, fleet, wanted), hops: { ...hops, routes } }];
    }),
  );

/** While a relay that is new insists on TLS and an older one does without, mail to that one waits: all are spoken to alike. */
const insists = (fleet: Fleet, old: Standings): boolean =>
  fleet.hosts.some(one => one.role === 'relay' && doneBy(old.get(one.name))?.role !== 'relay');

/** Hosts that are new have been asked as well. */
const withBare = (fleet: Fleet, standings: Standings): Standings =>
  new Map(fleet.hosts.flatMap(host => [[host.name, standings.get(host.name) ?? bare(host, fleet)] as const]));

const bare = (host: Host, fleet: Fleet): Standing => ({
  hops: hopsIn('listen on lo0\n', { host, fleet, recipients: [], secrets: [] }),
  isSure: true,
  queued: new Set(),
  queuedFrom: new Set(),
  rootTo: null,
});

/** A host after its next step; null if it waits. */
function moved(host: Host, fleet: Fleet, seen: Standings, canChange: (host: string) => boolean): Standing | null {
  const { hops, isPut } = nextHops(host, fleet, seen, canChange);
  if (isPut) return null;
  const { queued, queuedTo = new Map(), queuedFrom, rootTo } = seen.get(host.name) as Standing;
  const next = nextRoot(rootTo, host, fleet, rootMailOf(host, fleet, hops, seen));
  return { ...files(host, fleet, hops), queued, queuedTo, queuedFrom, rootTo: next };
}

/** One host after the other, in any order, makes the move that it saw; whatever has been made by then holds. */
function moves(
  fleet: Fleet,
  start: Standings,
  canChange: (host: string) => boolean,
  order: readonly string[],
  stopAt: number,
  old: Standings = start,
): Standings {
  let now = withBare(fleet, start);
  let made = 0;
  for (let round = 0; round < 12; round += 1) {
    const seen = now;
    let isMoved = false;
    for (const name of order) {
      const host = fleet.hosts.find(one => one.name === name);
      if (!host || !canChange(name)) continue;
      if (made === stopAt) return now;
      const before = seen.get(name) as Standing;
      const next = moved(host, fleet, seen, canChange) ?? before;
      isMoved ||= textOf(next.hops) !== textOf(now.get(name)?.hops) || next.rootTo !== before.rootTo;
      now = new Map(now).set(name, next);
      made += 1;
      const refused = [
        ...refusals(fleet, now, old),
        ...queuedRefused(now, old),
        ...rootsRefused(now, old),
        ...worldRefused(fleet, now, old),
      ];
      expect(refused, `after ${name} in round ${round}`).toEqual([]);
    }
    if (!isMoved) return now;
  }
  throw new Error('the moves have no end');
}

const textOf = (hops?: Hops): string =>
  hops
    ? JSON.stringify([
        [...hops.routes].sort(),
        hops.takes.tunnel,
        hops.takes.lan,
        [...hops.sends].sort(),
        [...hops.users].sort(),
        [...hops.from].sort(),
        [...hops.senders].sort(),
        [...hops.refuses].sort(),
        [...hops.binds].sort(),
      ])
    : '';

const hidden = (standings: Standings, away: ReadonlySet<string>): Standings =>
  new Map([...standings].filter(([name]) => !away.has(name)));

const orders = fc.shuffledSubarray([...NAMES], { minLength: NAMES.length });
const some = fc.subarray([...NAMES]).map(names => new Set<string>(names));

/** Whole runs that cannot reach some of the hosts, and then the others. */
function whileAway(before: Drawn, after: Drawn, order: readonly string[], away: ReadonlySet<string>): void {
  const [old, fleet] = [fleetOf(before), fleetOf(after)];
  const start = leftBy(old, fleet);
  const left = new Map(withBare(fleet, start));
  let seen = hidden(left, away);
  for (let round = 0; round < 12; round += 1) {
    const made = order.flatMap(name => {
      const host = fleet.hosts.find(one => one.name === name);
      if (!host || away.has(name)) return [];
      const next = moved(host, fleet, seen, one => !away.has(one));
      return next ? [[name, next] as const] : [];
    });
    for (const [name, standing] of made) {
      left.set(name, standing);
      expect(
        [...refusals(fleet, left, start), ...rootsRefused(left, start), ...worldRefused(fleet, left, start)],
        `after ${name} has moved in round ${round}`,
      ).toEqual([]);
    }
    seen = hidden(left, away);
  }
  isReached(
    fleet,
    moves(fleet, left, () => true, order, Number.POSITIVE_INFINITY, start),
  );
}

/** A run that is killed and cannot change all hosts, and then another one. */
function whenKilled(
  [before, after]: readonly [Drawn, Drawn],
  order: readonly string[],
  kept: ReadonlySet<string>,
  stopAt: number,
): void {
  const [old, fleet] = [fleetOf(before), fleetOf(after)];
  const start = leftBy(old, fleet, holdersIn(old));
  const stopped = moves(fleet, start, name => !kept.has(name), order, stopAt);
  isReached(
    fleet,
    moves(fleet, stopped, () => true, order, Number.POSITIVE_INFINITY, start),
  );
}

const isReached = (fleet: Fleet, done: Standings): void => {
  for (const host of fleet.hosts) {
    expect(textOf(done.get(host.name)?.hops), host.name).toBe(textOf(wantedHops(host, fleet)));
    expect(done.get(host.name)?.rootTo, host.name).toBe(rootTarget(host, fleet));
  }
};

describe('what hosts agree on', () => {
  it('is read back from the files as it was written', () => {
    fc.assert(
      fc.property(drawn, of => {
        const fleet = fleetOf(of);
        for (const host of fleet.hosts) {
          const wanted = wantedHops(host, fleet);
          expect(textOf(files(host, fleet, wanted).hops), host.name).toBe(textOf(wanted));
        }
        expect(refusals(fleet, asWanted(fleet))).toEqual([]);
      }),
    );
  });

  it('changes so that the next host accepts whatever a host may send, wherever the run stops', () => {
    fc.assert(
      fc.property(fc.tuple(drawn, drawn), orders, some, fc.integer({ min: 0, max: 30 }), (...run) =>
        whenKilled(...run),
      ),
      { numRuns: 300 },
    );
  });

  it('changes so that mail which waits is not refused, however long it waits', () => {
    fc.assert(
      fc.property(drawn, drawn, orders, some, fc.integer({ min: 0, max: 30 }), (before, after, order, kept, stopAt) => {
        const old = fleetOf({ ...before, renamed: false });
        const fleet = fleetOf({ ...after, renamed: false });
        const start = withQueues(old, leftBy(old, fleet));
        const stopped = moves(fleet, start, name => !kept.has(name), order, stopAt);
        moves(fleet, stopped, () => true, order, Number.POSITIVE_INFINITY, start);
      }),
      { numRuns: 80 },
    );
  });

  it('changes so when a workstation moves to a new gateway', () => {
    const one = { ...QUIET, tls: true, gateways: 1, desk: true, recipients: [['ana', true] as const] };
    fc.assert(
      fc.property(orders, some, fc.integer({ min: 0, max: 30 }), (...run) =>
        whenKilled([one, { ...one, gateways: 2, isFar: true }], ...run),
      ),
      { numRuns: 50 },
    );
  });

  describe('if a workstation moves from one gateway to another,', () => {
    const near = drawn.map(one => ({
      ...one,
      gateways: 2,
      desk: true,
      others: { saudade: false, lar: false, desk: false },
      isFar: false,
    }));
    const any = fc.tuple(near, near, fc.boolean(), fc.boolean(), fc.boolean()).map(
      ([one, other, isFar, had, has]) =>
        [
          { ...one, isFar, sala: had },
          // Hosts may wait for each other otherwise.
          { ...other, isFar: !isFar, sala: had || has },
        ] as const,
    );
    // Without TLS both together are refused where a host cannot be asked, see two-runs.test.ts.
    const edit = fc.tuple(any, fc.boolean()).map(([[one, other], isRenamed]) => {
      const same = isRenamed ? { moved: one.moved } : { renamed: one.renamed };
      return [one, { ...other, ...(one.tls && other.tls ? {} : same) }] as const;
    });
    it('changes so, too', () => {
      fc.assert(
        fc.property(any, orders, some, fc.integer({ min: 0, max: 30 }), (...drawn) => whenKilled(...drawn)),
        { numRuns: 150 },
      );
    });
    it('is refused only where hosts would wait for each other for ever', () => {
      let [refused, made] = [0, 0];
      fc.assert(
        fc.property(edit, fc.boolean(), ([before, after], sala) => {
          const fleet = fleetOf({ ...after, sala });
          const start = withBare(fleet, leftBy(fleetOf(before), fleet));
          const done = lastMoves(fleet, start, () => true);
          const isDone = fleet.hosts.every(
            host => textOf(done.get(host.name)?.hops) === textOf(wantedHops(host, fleet)),
          );
          expect(waitingForEachOther(fleet, start, () => true).size > 0).toBe(!isDone);
          if (isDone) made += 1;
          else refused += 1;
        }),
        { numRuns: 200 },
      );
      expect(Math.min(refused, made)).toBeGreaterThan(5);
    });
    it('waits for hosts that cannot be reached, too', () => {
      fc.assert(
        fc.property(edit, orders, some, ([before, after], ...run) => whileAway(before, after, ...run)),
        { numRuns: 150 },
      );
    });
  });

  describe('if a workstation becomes a gateway, and another one is behind it from then on,', () => {
    const edit = fc.tuple(drawn, drawn, fc.boolean()).map(([one, other, isThere]) => {
      const both = { gateways: 2, desk: true };
      const others = { saudade: false, lar: true, desk: false };
      return [
        { ...one, ...both, others: { ...others, lar: isThere } },
        {
          ...other,
          ...both,
          // Without TLS they wait for each other, see two-runs.test.ts.
          ...(one.tls && other.tls ? {} : { moved: one.moved, renamed: one.renamed }),
          others: { ...others, lar: false },
          isFar: true,
        },
      ] as const;
    });
    it('changes so', () => {
      fc.assert(
        fc.property(edit, orders, some, fc.integer({ min: 0, max: 30 }), (...drawn) => whenKilled(...drawn)),
        { numRuns: 100 },
      );
    });
    it('waits for hosts that cannot be reached', () => {
      fc.assert(
        fc.property(edit, orders, some, ([before, after], ...run) =>
          // A new relay may have mail already for a gateway that could not be asked: two runs are needed then.
          whileAway(
            before,
            { ...after, relays: before.relays, others: { ...after.others, saudade: before.others.saudade } },
            ...run,
          ),
        ),
        { numRuns: 100 },
      );
    });
  });

  describe('if a gateway becomes a workstation, and its own one gets another gateway,', () => {
    const edit = fc.tuple(drawn, drawn, fc.boolean(), fc.boolean()).map(([one, other, isThere, sala]) => {
      const both = { gateways: 2, desk: true };
      const others = { saudade: false, lar: false, desk: false };
      return [
        { ...one, ...both, isFar: true, sala, others },
        {
          ...other,
          ...both,
          ...(one.tls && other.tls ? {} : { moved: one.moved, renamed: one.renamed }),
          others: { ...others, lar: !isThere },
        },
      ] as const;
    });
    it('changes so, and what waits is not refused', () => {
      fc.assert(
        fc.property(edit, orders, some, fc.integer({ min: 0, max: 30 }), (drafts, order, kept, stopAt) => {
          const [old, fleet] = drafts.map(of => fleetOf({ ...of, renamed: false })) as [Fleet, Fleet];
          const start = withQueues(old, leftBy(old, fleet));
          const stopped = moves(fleet, start, name => !kept.has(name), order, stopAt);
          moves(fleet, stopped, () => true, order, Number.POSITIVE_INFINITY, start);
        }),
        { numRuns: 100 },
      );
    });
    it('changes so', () => {
      fc.assert(
        fc.property(edit, orders, some, fc.integer({ min: 0, max: 30 }), (...drawn) => whenKilled(...drawn)),
        { numRuns: 100 },
      );
    });
    it('waits for hosts that cannot be reached', () => {
      fc.assert(
        fc.property(edit, orders, some, ([before, after], ...run) => whileAway(before, after, ...run)),
        { numRuns: 100 },
      );
    });
  });

  it('replaces rules written by hand for whole domains, and refuses no recipient meanwhile', () => {
    fc.assert(
      fc.property(drawn, orders, some, fc.integer({ min: 0, max: 30 }), (of, order, kept, stopAt) => {
        const fleet = fleetOf({ ...of, gateways: 1, desk: false });
        const start = byHand(fleet);
        expect(start.get('carinho')?.hops.routes.has('@example.com')).toBe(true);
        const stopped = moves(fleet, start, name => !kept.has(name), order, stopAt);
        const done = moves(fleet, stopped, () => true, order, Number.POSITIVE_INFINITY, start);
        for (const host of fleet.hosts)
          expect(textOf(done.get(host.name)?.hops), host.name).toBe(textOf(wantedHops(host, fleet)));
      }),
      { numRuns: 200 },
    );
  });

  it('changes the files of an earlier release, which have addresses of neighbours, into those of this one', () => {
    fc.assert(
      fc.property(drawn, drawn, orders, some, fc.integer({ min: 0, max: 30 }), (before, after, order, kept, stopAt) => {
        const [old, fleet] = [fleetOf(before), fleetOf(after)];
        const start = new Map(old.hosts.map(host => [host.name, files(host, old, asBefore(host, old))]));
        const stopped = moves(fleet, start, name => !kept.has(name), order, stopAt);
        const done = moves(fleet, stopped, () => true, order, Number.POSITIVE_INFINITY, start);
        for (const host of fleet.hosts)
          expect(textOf(done.get(host.name)?.hops), host.name).toBe(textOf(wantedHops(host, fleet)));
      }),
      { numRuns: 300 },
    );
  });

  it('waits for an unreachable host, and has the same result when it is back', () => {
    fc.assert(
      fc.property(drawn, drawn, orders, some, (...edit) => whileAway(...edit)),
      { numRuns: 300 },
    );
  });

  it('is set up in one step if nothing exists yet', () => {
    fc.assert(
      fc.property(drawn, of => {
        const fleet = fleetOf(of);
        for (const host of fleet.hosts)
          expect(textOf(nextHops(host, fleet, withBare(fleet, new Map()), () => true).hops)).toBe(
            textOf(wantedHops(host, fleet)),
          );
      }),
    );
  });

  it('has a final state that is known in advance', () => {
    fc.assert(
      fc.property(drawn, drawn, orders, some, (before, after, order, kept) => {
        const [old, fleet] = [fleetOf(before), fleetOf(after)];
        const canChange = (name: string): boolean => !kept.has(name);
        const start = leftBy(old, fleet);
        const made = moves(fleet, start, canChange, order, Number.POSITIVE_INFINITY);
        const foretold = lastMoves(fleet, withBare(fleet, start), canChange);
        for (const { name } of fleet.hosts) expect(textOf(foretold.get(name)?.hops)).toBe(textOf(made.get(name)?.hops));
      }),
      { numRuns: 200 },
    );
  });
});

it.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('a relay and a workstation exchange their roles step by step (TLS: %s, first: %s)', (tls, isFirst) => {
  const both = {
    tls,
    relays: 2,
    gateways: 1,
    desk: true,
    second: false,
    moved: false,
    renamed: false,
    isFar: false,
    sala: false,
  };
  const as = (isOther: boolean): Fleet =>
    fleetOf({ ...both, recipients: [['ana', true]], others: { saudade: isOther, lar: false, desk: isOther } });
  const [old, fleet] = [as(!isFirst), as(isFirst)];
  let now = leftBy(old, fleet);
  for (let turn = 0; turn < 4; turn += 1) {
    const standing = now;
    now = new Map(
      fleet.hosts.flatMap(host => {
        const { hops, isPut } = nextHops(host, fleet, standing, () => true);
        const kept = standing.get(host.name);
        return isPut ? (kept ? [[host.name, kept]] : []) : [[host.name, files(host, fleet, hops)]];
      }),
    );
    expect(refusals(fleet, now, standing)).toEqual([]);
  }
  for (const host of fleet.hosts)
    expect(nextHops(host, fleet, now, () => true)).toMatchObject({ isPut: false, holds: [] });
});

it.each([true, false])('a gateway is not changed until the former workstation is no longer one (TLS: %s)', tls => {
  const saudade = {
    relays: 2,
    gateways: 1,
    desk: false,
    recipients: [],
    second: false,
    moved: false,
    renamed: false,
    isFar: false,
    sala: false,
  };
  const as = (isStation: boolean): Fleet =>
    fleetOf({ ...saudade, tls, others: { saudade: isStation, lar: false, desk: false } });
  const [old, fleet] = [as(true), as(false)];
  const now = leftBy(old, fleet);
  // Its smtpd is older than a certificate, say.
  const unsure = new Map(now).set('saudade', { ...(now.get('saudade') as Standing), isSure: false });
  for (const standings of [now, unsure])
    expect(nextHops(hostOf(fleet, 'carinho'), fleet, standings, () => true)).toMatchObject({
      isPut: true,
      holds: [{ what: 'smtpd.conf', until: 'saudade is changed as well' }],
    });
  const after = new Map(leftBy(old, fleet)).set(
    'saudade',
    files(hostOf(fleet, 'saudade'), fleet, wantedHops(hostOf(fleet, 'saudade'), fleet)),
  );
  expect(nextHops(hostOf(fleet, 'carinho'), fleet, after, () => true).isPut).toBe(false);
});

describe('a domain that is added', () => {
  const old = fleetOfText(article);
  const fleet = fleetOfText(article.replace('domain: example.com', 'domain: [example.net, example.com]'));
  const rulesOf = (name: string, now: Standings): readonly string[] => {
    const { hops } = nextHops(hostOf(fleet, name), fleet, now, () => true);
    return smtpdConf(hostOf(fleet, name), { ...fleet, agreed: hops }).split('\n');
  };
  const refusal = 'match from any for domain "example.net" reject';

  it("has its mail go out to its MX until its recipients are accepted: the next host would refuse the household's own", () => {
    const now = leftBy(old, fleet);
    for (const name of ['namorar', 'carinho']) {
      expect(rulesOf(name, now)).not.toContain(refusal);
      expect(rulesOf(name, now)).toContain('match from any for domain "example.com" reject');
    }
    const mimando = files(hostOf(fleet, 'mimando'), fleet, wantedHops(hostOf(fleet, 'mimando'), fleet));
    const inner = new Map(now).set('mimando', mimando);
    expect(rulesOf('carinho', inner)).toContain(refusal);
    expect(rulesOf('namorar', inner)).not.toContain(refusal);
    const carinho = files(hostOf(fleet, 'carinho'), fleet, wantedHops(hostOf(fleet, 'carinho'), fleet));
    expect(rulesOf('namorar', new Map(inner).set('carinho', carinho))).toContain(refusal);
  });

  it('is not refused for good by the relay, nor sent by it to itself, where its MX leads there already', () => {
    const now = leftBy(old, fleet);
    const rules = rulesOf('namorar', now);
    expect(rules).toContain(
      'filter "pending" phase rcpt-to match rcpt-to regex { "@example[.]net(>|$)" } reject "450 4.3.2 Not accepted yet: try again later"',
    );
    expect(rules.filter(line => line.startsWith('listen') && line.endsWith(' filter "pending"'))).toHaveLength(2);
    expect(rulesOf('namorar', leftBy(fleet, fleet)).join()).not.toContain('pending');
  });
  it('is half accepted: the rest of it is named, with and without a tag', () => {
    const relay = hostOf(fleet, 'namorar');
    const wanted = wantedHops(relay, fleet);
    const routes = new Map([...wanted.routes].filter(([address]) => address !== 'test@example.net'));
    const refuses = new Set(['example.com']);
    expect(smtpdConf(relay, { ...fleet, agreed: { ...wanted, routes, refuses } })).toContain(
      '{ "^<?test([+][^@]*)?@example[.]net(>|$)" }',
    );
  });
});

describe("what root's mail goes to", () => {
  const fleet = fleetOfText(article.replace('domain: example.com', 'domain: example.net'));
  const left = new Map(leftBy(fleetOfText(article), fleet));
  const former = 'postmaster@example.com';
  const nextOf = (name: string, canChange: (host: string) => boolean, rootOf: string) => {
    const now = new Map([...left].map(([one, at]) => [one, { ...at, rootTo: one === rootOf ? former : null }]));
    return nextHops(hostOf(fleet, name), fleet, now, canChange).hops.routes;
  };
  it('stays a recipient until another one is accepted', () => {
    expect(nextOf('namorar', () => true, 'namorar').get(former)).toBe('carinho');
    expect(nextOf('namorar', () => true, 'mimando').has(former)).toBe(false);
  });
  it('stays one for a workstation that is not changed', () => {
    const inner = left.get('namorar') as Standing;
    const relay = hostOf(fleet, 'namorar');
    left.set('namorar', { ...inner, ...files(relay, fleet, wantedHops(relay, fleet)) });
    expect(nextOf('carinho', one => one !== 'mimando', 'mimando').has(former)).toBe(true);
    expect(nextOf('carinho', () => true, 'namorar').has(former)).toBe(false);
  });
  it('is no recipient of a workstation because of that: what it sends itself goes to its gateway', () => {
    const before = fleetOfText(severalStations);
    const after = fleetOfText(severalStations.replaceAll('jay@mimando', 'ana@desk'));
    const now = new Map([...leftBy(before, after), ...asWanted(after)]);
    const mimando = leftBy(before, after).get('mimando') as Standing;
    now.set('mimando', { ...mimando, rootTo: former });
    const { hops, holds } = nextHops(hostOf(after, 'mimando'), after, now, () => true);
    expect([hops.routes.size, holds]).toEqual([0, []]);
  });
});

describe('a domain that was removed', () => {
  const both = fleetOfText(article.replace('domain: example.com', 'domain: [example.com, example.net]'));
  const fleet = fleetOfText(article);
  const carinho = hostOf(fleet, 'carinho');
  const nextOf = (waiting: Partial<Standing> | null) => {
    const now = new Map(leftBy(both, fleet));
    const mimando = now.get('mimando');
    if (!waiting || !mimando) now.delete('mimando');
    else now.set('mimando', { ...mimando, ...waiting });
    const { hops, holds } = nextHops(carinho, fleet, now, () => true);
    const rules = smtpdConf(carinho, { ...fleet, agreed: hops }).split('\n');
    return { isGood: rules.some(rule => rule.includes('mail-from regex "@example[.]net$"')), holds };
  };
  it('is accepted for senders whose mail waits in the LAN', () => {
    expect(nextOf({ queuedFrom: new Set(['example.net']) })).toMatchObject({
      isGood: true,
      holds: expect.arrayContaining([
        {
          about: 'smtpd',
          what: 'senders of example.net are refused',
          until: 'no mail of theirs waits on mimando',
        },
      ]),
    });
  });
  it('is accepted if that is unknown', () => expect(nextOf(null).isGood).toBe(true));
  it('is refused otherwise', () => expect(nextOf({ queuedFrom: new Set(['example.com']) }).isGood).toBe(false));
});

describe('a recipient that moves to a gateway that cannot be reached, and to which the relay has not sent', () => {
  const [head = '', tail = ''] = twoGateways.split('  lar:\n');
  const alone = head.replace('    domains: example.com\n', '').replaceAll('@desk', '@carinho');
  const fleet = fleetOfText(twoGateways);
  const toOf = (before: Standings): string | undefined =>
    nextHops(hostOf(fleet, 'namorar'), fleet, before, name => name !== 'lar').hops.routes.get('ana@example.org');
  const known = new Map([...leftBy(fleetOfText(alone), fleet)].filter(([name]) => tail !== '' && name !== 'lar'));
  it('goes to the former one: it may require TLS yet, or not know the recipient', () =>
    expect(toOf(known)).toBe('carinho'));
  it('goes there from a new relay, where mail waits for it', () =>
    expect(toOf(new Map([...known].filter(([name]) => name !== 'namorar')))).toBe('lar'));
});

describe('the recipients of a gateway that is removed, which another one is still to accept,', () => {
  const text = twoGateways.replace('domain: [example.com, example.org]', 'domain: [example.org, example.com]');
  const cut = text.indexOf('  carinho:\n');
  const fleet = fleetOfText(
    (text.slice(0, cut) + text.slice(text.indexOf('  lar:\n')))
      .replaceAll('@carinho', '@desk')
      .replace('    domains: example.org\n', ''),
  );
  const before = leftBy(fleetOfText(text), fleet);
  const relay = hostOf(fleet, 'namorar');
  it('are accepted by the relay meanwhile: it waits', () => {
    expect(nextHops(relay, fleet, before, () => true)).toMatchObject({ isPut: true, waitsFor: 'lar' });
    let now = before;
    for (const name of ['desk', 'lar']) {
      expect(nextHops(relay, fleet, now, () => true).isPut).toBe(true);
      now = new Map(now).set(name, moved(hostOf(fleet, name), fleet, now, () => true) as Standing);
    }
    const { hops, isPut } = nextHops(relay, fleet, now, () => true);
    expect([isPut, hops.routes.get('test@example.com')]).toEqual([false, 'lar']);
  });
});

describe('a recipient that was removed', () => {
  const both = fleetOfText(article.replace('test: jay,', 'test: jay, nova: jay,'));
  const fleet = fleetOfText(article);
  const carinho = hostOf(fleet, 'carinho');
  /** The relay has changed, and this is in its queue. */
  const isTakenWhile = (waiting: string): boolean => {
    const relay = hostOf(fleet, 'namorar');
    const queued = WAITING_MAIL.parse(answer(`${waiting}\n`)).recipients;
    const now = new Map([
      ...leftBy(both, fleet),
      ['namorar', { ...files(relay, fleet, wantedHops(relay, fleet)), queued }],
    ]);
    return nextHops(carinho, fleet, now, () => true).hops.routes.has('nova@example.com');
  };
  it('is accepted while mail for it waits, whatever follows a plus', () => {
    expect(['nova@example.com', 'Nova+shop@example.com'].map(isTakenWhile)).toEqual([true, true]);
  });
  it('is refused otherwise', () => expect(isTakenWhile('test@example.com')).toBe(false));
});

// A route is a host or a delivery; the parser of the one must not take it for the other.
it('a login is not a host', () => expect([loginOf('mimando'), loginOf('mimando/jay')]).toEqual([null, 'jay']));
