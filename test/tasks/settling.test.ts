/** Edits one after another, each by a run that is killed or cannot reach everybody: whole runs settle afterwards. */

import { describe, expect, it } from 'vitest';
import { type HostsLine, parseHostsFile } from '../../src/facts/hosts-file.ts';
import { ADDRESSES, WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import type { ObservedHosts } from '../../src/run/desired.ts';
import type { Observed } from '../../src/run/resource.ts';
import { nextHops } from '../../src/tasks/agreement.ts';
import { ALIASES, aliases, RECIPIENTS, recipientsTable } from '../../src/tasks/aliases.ts';
import { SECRETS } from '../../src/tasks/credentials.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { type Hops, routeFor, wantedHops } from '../../src/tasks/hops.ts';
import { hopsIn } from '../../src/tasks/hops-in.ts';
import { hostsFile, namesFor } from '../../src/tasks/hosts-file.ts';
import { CONF } from '../../src/tasks/in-force.ts';
import { afterMove } from '../../src/tasks/last-moves.ts';
import { nextRoot, rootMailOf, rootTarget } from '../../src/tasks/root-alias.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import type { Standing, Standings } from '../../src/tasks/standing.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { fc } from '../properties.ts';
import { DOMAINS, type Drawn, drawn, hosts, inventory, NAMES, QUIET } from './drawn.ts';
import { hostOf } from './fleets.ts';

/** The files of a host. */
interface Files {
  readonly conf: string;
  readonly recipients: readonly (readonly [string, string])[];
  readonly secrets: readonly string[];
  readonly hostsFile: readonly HostsLine[];
  /** Whether its smtpd was started with them. */
  readonly isSure: boolean;
  /** To whom mail waits. */
  readonly queued: readonly string[];
  /** Where root's alias leads. */
  readonly rootTo: string | null;
}

const BARE: Files = {
  conf: 'listen on lo0\n',
  recipients: [],
  secrets: [],
  hostsFile: [],
  isSure: true,
  queued: [],
  rootTo: null,
};

const namesOf = (host: Host, fleet: Fleet): readonly HostsLine[] =>
  parseHostsFile(
    namesFor(host, fleet)
      .map(({ address, name }) => `${address} ${name}`)
      .join('\n'),
  );

function filesFor(host: Host, fleet: Fleet, agreed: Hops): Files {
  const view = { ...fleet, agreed };
  const lines = recipientsTable(host, view).split('\n');
  return {
    conf: smtpdConf(host, view),
    recipients: lines
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => line.split('\t') as [string, string]),
    secrets: [...agreed.users],
    hostsFile: namesOf(host, fleet),
    isSure: true,
    queued: [],
    rootTo: rootTarget(host, fleet),
  };
}

type Disks = ReadonlyMap<string, Files>;

const read = (fleet: Fleet, disks: Disks): Standings =>
  new Map(
    fleet.hosts.map((host): readonly [string, Standing] => {
      const { conf, isSure, queued, rootTo, ...beside } = disks.get(host.name) ?? BARE;
      const hops = hopsIn(conf, { ...beside, host, fleet });
      return [host.name, { hops, isSure, queued: new Set(queued), queuedFrom: new Set(), rootTo }];
    }),
  );

/** Ways in which a run ends on its last host. */
const ENDS = ['whole', 'names only', 'not restarted'] as const;

interface Run {
  readonly of: Drawn;
  readonly order: readonly string[];
  readonly kept: readonly string[];
  readonly steps: number;
  readonly end: (typeof ENDS)[number];
  /** Hosts that get a new certificate, and no restart before the run is killed. */
  readonly stale: readonly string[];
}

const waiting = fc.subarray(
  DOMAINS.flatMap(domain => ['postmaster', 'test', 'ana'].map(local => `${local}@${domain}`)),
);
const order = fc.shuffledSubarray([...NAMES], { minLength: NAMES.length });
const run: fc.Arbitrary<Run> = fc.record({
  of: drawn,
  order,
  kept: hosts,
  steps: fc.integer({ min: 0, max: 12 }),
  end: fc.constantFrom(...ENDS),
  stale: hosts,
});

/** What a host's next step leaves there, seen by the files that are there before. */
function stepOf(host: Host, fleet: Fleet, disks: Disks, canChange: (name: string) => boolean): Files {
  const now = read(fleet, disks);
  const next = nextHops(host, fleet, now, canChange);
  const disk = disks.get(host.name) ?? BARE;
  const { isSure } = afterMove(next, now.get(host.name));
  if (next.isPut) return { ...disk, isSure };
  const rootTo = nextRoot(disk.rootTo, host, fleet, rootMailOf(host, fleet, next.hops, now));
  return { ...filesFor(host, fleet, next.hops), queued: disk.queued, rootTo };
}

/** What a run leaves that is killed after so many steps. */
function killed(disks: Disks, fleet: Fleet, { order, kept, steps, end }: Run): Disks {
  const canChange = (name: string): boolean => !kept.includes(name);
  const now = new Map(disks);
  const those = order.flatMap(name => fleet.hosts.filter(host => host.name === name && canChange(name)));
  for (let step = 0; step < steps && those.length > 0; step += 1) {
    const host = those[step % those.length] as Host;
    const disk = now.get(host.name) ?? BARE;
    const files = stepOf(host, fleet, now, canChange);
    const isKilled = step === steps - 1 && files.conf !== disk.conf;
    if (isKilled && end === 'names only') now.set(host.name, { ...disk, hostsFile: namesOf(host, fleet) });
    else now.set(host.name, isKilled && end === 'not restarted' ? { ...files, isSure: false } : files);
  }
  return now;
}

/** What whole runs come to, in which all hosts make a step together. */
function settled(disks: Disks, fleet: Fleet): Disks {
  let now = disks;
  for (let step = 0; step < 24; step += 1) {
    const seen = now;
    const made = fleet.hosts.map(host => [host.name, stepOf(host, fleet, seen, () => true)] as const);
    now = delivered(fleet, new Map([...seen, ...made]));
  }
  return now;
}

/** Whether mail that waits on a host has left where all hosts have these files; that of an action without a rule is carried. */
function leaves(fleet: Fleet, now: Standings, name: string, address: string): boolean {
  const to = routeFor(address, now.get(name)?.hops.routes ?? new Map());
  return to === undefined ? isDelivered(fleet, now, address) : accepts(fleet, now, to, address);
}

const accepts = (fleet: Fleet, now: Standings, name: string, address: string): boolean => {
  const there = now.get(name)?.hops;
  return fleet.hosts.some(host => host.name === name && there?.role === host.role && there.routes.has(address));
};

const isDelivered = (fleet: Fleet, now: Standings, address: string): boolean =>
  fleet.hosts.some(({ name, role }) => role === 'workstation' && accepts(fleet, now, name, address));

function delivered(fleet: Fleet, disks: Disks): Disks {
  const now = read(fleet, disks);
  const waiting = (name: string, { queued }: Files): readonly string[] =>
    queued.filter(address => !leaves(fleet, now, name, address));
  return new Map([...disks].map(([name, files]) => [name, { ...files, queued: waiting(name, files) }]));
}

/** Mail that waits on the gateway for a workstation that accepts it, or for a name of one that it has no more. */
function waitingOn(fleet: Fleet, disks: Disks, addresses: readonly string[]): readonly string[] {
  const now = read(fleet, disks);
  return addresses.filter(address => {
    const to = now.get('carinho')?.hops.routes.get(address);
    if (to === undefined) return false;
    return now.has(to) ? accepts(fleet, now, to, address) : isDelivered(fleet, now, address);
  });
}

const unsettled = (fleet: Fleet, disks: Disks): readonly string[] => {
  const now = read(fleet, disks);
  return fleet.hosts.flatMap(host => {
    const { holds } = nextHops(host, fleet, now, () => true);
    return holds.map(({ what, until }) => `${host.name}: ${what}: held back until ${until}`);
  });
};

describe('a gateway that waits for a relay', () => {
  // saudade, a workstation so far, is to be one of the relays.
  const [old, fleet] = [inventory({ ...QUIET, saudade: 'workstation' }), inventory({ ...QUIET, saudade: 'relay' })];
  const disks = new Map(old.hosts.map(host => [host.name, filesFor(host, old, wantedHops(host, old))]));
  const observed = (host: Host, service: string): Observed => {
    const { conf = '', recipients = [], secrets = [], hostsFile = [], rootTo } = disks.get(host.name) ?? {};
    return observing(
      [
        plainFile(CONF, conf),
        plainFile(RECIPIENTS, recipients.map(pair => pair.join('\t')).join('\n')),
        plainFile(ALIASES, `root: ${rootTo}\n`),
        plainFile(SECRETS, secrets.map(user => `${user}\thash`).join('\n')),
        plainFile('/etc/hosts', hostsFile.map(({ text }) => text).join('\n')),
      ],
      {
        'service smtpd': answer(service),
        [WAITING_MAIL.name]: answer(),
        [ADDRESSES.name]: answer(),
        [WG_INTERFACES.name]: answer(),
      },
    );
  };
  const assignedTo = (name: string, service: string): readonly string[] => {
    const hosts: ObservedHosts = new Map(
      fleet.hosts.map(host => [
        host.name,
        { observed: observed(host, host.name === 'carinho' ? service : 'enabled\nrunning\n'), canChange: true },
      ]),
    );
    const { assigned } = agreements(fleet, [hostsFile, aliases, smtpd])(hostOf(fleet, name), true)(hosts, false);
    return assigned.map(({ resource }) => resource.id);
  };
  it('is only to have its smtpd started, and what that needs checked', () => {
    expect(assignedTo('carinho', 'enabled\nrunning\n/etc/ssl/lanca.pem\n')).toEqual([
      'host name',
      'lines of /etc/mail/aliases',
      '/etc/mail/smtpd.conf, later',
      'service smtpd',
    ]);
  });
});

describe("root's mail to a recipient of a workstation that is to be a relay, with another domain", () => {
  const desk = { ...QUIET, isPostmasterThere: true };
  const [old, fleet] = [
    inventory({ ...desk, desk: 'workstation', domains: ['example.net'] }),
    inventory({ ...desk, desk: 'relay', domains: ['example.org'] }),
  ];
  const before = new Map(old.hosts.map(host => [host.name, filesFor(host, old, wantedHops(host, old))]));
  const relay = hostOf(fleet, 'desk');
  const after = new Map(before).set('desk', filesFor(relay, fleet, wantedHops(relay, fleet)));
  const isKept = (disks: Disks, canChange = (_: string): boolean => true): boolean =>
    nextHops(hostOf(fleet, 'namorar'), fleet, read(fleet, disks), canChange).hops.routes.has('postmaster@example.net');
  const waitsFor = (disks: Disks) => nextHops(hostOf(fleet, 'carinho'), fleet, read(fleet, disks), () => true).waitsFor;
  it('is accepted until the gateway waits only for that', () => {
    expect([waitsFor(before), isKept(before)]).toEqual(['desk', true]);
    expect([waitsFor(after), isKept(after)]).toEqual(['namorar', false]);
    for (const away of ['carinho', 'mimando'])
      expect(
        isKept(after, name => name !== away),
        away,
      ).toBe(true);
  });
});

describe('after runs that were killed or did not reach everybody', () => {
  it('whole runs settle: no host waits for another', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), drawn, waiting, (runs, last, waiting) => {
        let disks: Disks = new Map();
        for (const one of runs) {
          disks = killed(disks, inventory(one.of), one);
          disks = new Map(
            [...disks].map(([name, files]) => [name, one.stale.includes(name) ? { ...files, isSure: false } : files]),
          );
        }
        const fleet = inventory(last);
        const queued = waitingOn(fleet, disks, waiting);
        const full = [...disks].map(
          ([name, files]) => [name, name === 'carinho' ? { ...files, queued } : files] as const,
        );
        const done = settled(new Map(full), fleet);
        expect(unsettled(fleet, done)).toEqual([]);
        const now = read(fleet, done);
        for (const host of fleet.hosts) {
          expect(now.get(host.name)?.hops, host.name).toEqual(wantedHops(host, fleet));
          expect(now.get(host.name)?.rootTo, host.name).toBe(rootTarget(host, fleet));
        }
      }),
      { numRuns: 150 },
    );
  });
});
