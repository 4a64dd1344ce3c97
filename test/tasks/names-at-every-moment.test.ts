/**
 * At every moment, each name that a running smtpd relays to is in its host's hosts(5), with an address of that host in the
 * LAN or one in the tunnel that leads to no other host: whatever is edited, whichever tasks and hosts are chosen, and wherever
 * a run ends or rolls back.
 */

import { describe, expect, it } from 'vitest';
import { addressOfName, parseHostsFile } from '../../src/facts/hosts-file.ts';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { spoolOf } from '../../src/facts/smtpd-queue.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import type { ObservedHosts } from '../../src/run/desired.ts';
import { type PlannedChange, plan } from '../../src/run/plan.ts';
import type { Observed } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { aliases, RECIPIENTS } from '../../src/tasks/aliases.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { hostsFile } from '../../src/tasks/hosts-file.ts';
import { CONF, standingQuestions } from '../../src/tasks/in-force.ts';
import { relayedTo } from '../../src/tasks/names-in-use.ts';
import { isTunnelHost, peersOf } from '../../src/tasks/neighbours.ts';
import { actionsIn } from '../../src/tasks/queue-needs.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { tunnelView } from '../../src/tasks/tunnel-view.ts';
import { answer, answering, namedFilesAsked, plainFile } from '../answers.ts';
import { fc } from '../properties.ts';
import { type Drawn, drawn, hosts, inventory, NAMES, NUMBERS, QUIET } from './drawn.ts';
import { hostOf } from './fleets.ts';

const HOSTS = '/etc/hosts';
const TASKS = [hostsFile, aliases, smtpd];

interface Machine {
  readonly files: Readonly<Record<string, string>>;
  /** What smtpd was started with; null: it does not run. */
  readonly running: string | null;
  /** Whether files that it reads were changed since. */
  readonly isStale: boolean;
  /** Its end of the tunnel: the own address, and that of each peer. */
  readonly wg: Tunnel | null;
  /** Its /etc/hosts and tunnel before a change that is not confirmed yet. */
  readonly armed: { readonly names: string; readonly wg: Tunnel | null } | null;
}

interface Tunnel {
  readonly own: string;
  readonly peers: ReadonlyMap<string, string>;
}

const NEW: Machine = {
  files: { '/etc/resolv.conf': 'lookup file bind\n' },
  running: null,
  isStale: false,
  wg: null,
  armed: null,
};

type Machines = Map<string, Machine>;

const machineOf = (machines: Machines, name: string): Machine => machines.get(name) ?? NEW;

const keyOf = (name: string): string => `${name.padEnd(42, '0')}0=`;

const ifconfig = ({ own, peers }: Tunnel): string => `wg0: flags=80c3<UP> mtu 1420
	wgport 6900
${[...peers].map(([name, address]) => `\twgpeer ${keyOf(name)}\n\t\twgaip ${address}/32\n`).join('')}\tinet ${own} netmask 0xffffff00
`;

function observed(host: Host, fleet: Fleet, { files, running, isStale, wg }: Machine): Observed {
  const conf = files[CONF] ?? '';
  const asked = [
    ...assign(TASKS, host, fleet).flatMap(({ resource }) => resource.questions),
    ...standingQuestions(host, fleet),
    WG_INTERFACES,
    OWN_TUNNELS,
  ];
  // All that smtpd has an action for waits there.
  const mail = actionsIn(running ?? '').map(name => `count\t1\t${name}`);
  const said = answer(mail.length === 0 ? '' : ['spool', ...mail, ''].join('\n'));
  const facts = asked.flatMap(one => (one.kind === 'file' ? [] : [one.name]));
  const spool = spoolOf(actionsIn(conf)).name;
  return answering(
    asked,
    [...Object.entries(files).map(([path, text]) => plainFile(path, text)), ...namedFilesAsked(asked)],
    {
      'service smtpd': answer(`enabled\n${running === null ? '' : 'running\n'}${isStale ? `${CONF}\n` : ''}`),
      ...(facts.includes(spool) ? { [spool]: said } : {}),
      'ifconfig -A': answer(wg ? ifconfig(wg) : ''),
    },
  );
}

const changedBy = (machine: Machine, change: PlannedChange): Machine => {
  const conf = machine.files[CONF] ?? '';
  if (change.resource === 'service smtpd') return { ...machine, running: conf, isStale: false };
  if (!change.diff) return machine;
  const { path, after } = change.diff;
  return {
    ...machine,
    files: { ...machine.files, [path]: after },
    isStale: machine.isStale || (machine.running !== null && [CONF, RECIPIENTS].includes(path)),
  };
};

const rolledBack = (machine: Machine): Machine =>
  machine.armed === null
    ? machine
    : { ...machine, files: { ...machine.files, [HOSTS]: machine.armed.names }, wg: machine.armed.wg, armed: null };

/** The names that cannot be looked up, or lead elsewhere. A name has the number of its host, see drawn.ts. */
function lost(machine: Machine, machines: Machines): readonly string[] {
  const lines = parseHostsFile(machine.files[HOSTS] ?? '');
  return relayedTo(parseSmtpdConf(machine.running ?? '')).filter(name => {
    const address = addressOfName(name, lines) ?? '';
    const of = /^(?:x-)?([a-z]+)\.lan$/.exec(name)?.[1];
    if (of !== undefined)
      return !/^10\.0\./.test(address) || !address.endsWith(String(NUMBERS[of as keyof typeof NUMBERS]));
    const right = NAMES.find(one => String(NUMBERS[one]) === /\d/.exec(name)?.[0]);
    // At an address of its own it only reaches itself where it listens.
    const isOwn = address === machine.wg?.own;
    const itself = machine.running?.includes(`listen on ${address} `) ? [null] : [];
    const reached = isOwn ? itself : leadsTo(address, machine.wg, machines);
    return !address.startsWith('10.6.9.') || reached.some(one => one !== right);
  });
}

/** The hosts that a packet into the tunnel can reach; none: mail waits. */
const leadsTo = (address: string, wg: Tunnel | null, machines: Machines): readonly string[] =>
  [...(wg?.peers ?? [])].flatMap(([name, at]) =>
    at === address && machineOf(machines, name).wg?.own === address ? [name] : [],
  );

/** An end of the tunnel as a run makes it. */
function tunnelOf(host: Host, fleet: Fleet, all: ObservedHosts): Tunnel | null {
  const view = tunnelView(fleet, all, name => all.get(name)?.canChange ?? false).fleet;
  const own = view.hosts.find(({ name }) => name === host.name);
  if (!own || !isTunnelHost(own)) return null;
  // wg(4) moves an address that another peer had.
  const peers = new Map(peersOf(own, view).map(({ name, tunnel }) => [tunnel.address, name] as const));
  return { own: own.tunnel.address, peers: new Map([...peers].map(([address, name]) => [name, address] as const)) };
}

interface Run {
  readonly of: Drawn;
  /** The only task; null: all. */
  readonly only: string | null;
  readonly away: readonly string[];
  readonly unchosen: readonly string[];
  /** Hosts whose part is rolled back after the risky change. */
  readonly fails: readonly string[];
  /** It is killed after so many writes. */
  readonly writes: number;
  readonly takesOver: boolean;
}

const some = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: hosts });
const run: fc.Arbitrary<Run> = fc.record({
  of: fc
    .tuple(drawn, fc.option(fc.constantFrom('namorar', 'saudade', 'desk')))
    .map(([one, taken]) => ({ ...one, taken, tls: false })),
  only: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('smtpd', 'hosts-file', 'aliases', 'wireguard') },
  ),
  away: some,
  unchosen: some,
  fails: some,
  writes: fc.oneof(fc.constant(1000), fc.integer({ min: 0, max: 30 })),
  takesOver: fc.boolean(),
});

class Cut extends Error {}

/** A run of mailtun. Returns the names that were lost, and when. */
function provision(machines: Machines, { of, only, away, unchosen, fails, writes, takesOver }: Run): readonly string[] {
  const fleet = inventory(of);
  const isChosen = (task: string): boolean => only === null || only === task;
  const desire = agreements(fleet, TASKS, isChosen);
  const failed = new Set<string>();
  const found: string[] = [];
  let left = writes;
  const isOurs = ({ name }: Host): boolean => !unchosen.includes(name);
  const put = (host: Host, machine: Machine, what: string): void => {
    machines.set(host.name, machine);
    for (const name of lost(machine, machines)) found.push(`${host.name} after ${what}: ${name}`);
  };
  const seen = (): ObservedHosts =>
    new Map(
      fleet.hosts.map(host => {
        const machine = machineOf(machines, host.name);
        const known =
          away.includes(host.name) || (machine.armed !== null && !isOurs(host)) ? null : observed(host, fleet, machine);
        return [host.name, { observed: known, canChange: isOurs(host) && known !== null && !failed.has(host.name) }];
      }),
    );
  const planOf = (host: Host, seen: Observed, all: ObservedHosts) =>
    plan(desire(host, true)(all, false).assigned, seen, new Map(), { now: 0 });
  const make = (host: Host, all: ObservedHosts, isDue: (change: PlannedChange) => boolean, arms: boolean): void => {
    const one = all.get(host.name);
    if (!one?.observed || !one.canChange) return;
    const { changes, leaves = [], failures } = planOf(host, one.observed, all);
    if (failures.length > 0 || (leaves.length > 0 && !takesOver)) {
      failed.add(host.name);
      return;
    }
    for (const change of changes.filter(isDue)) {
      if (left === 0) throw new Cut();
      left -= 1;
      const machine = machineOf(machines, host.name);
      const armed = arms ? { names: machine.files[HOSTS] ?? '', wg: machine.wg } : machine.armed;
      put(host, changedBy({ ...machine, armed }, change), `${change.resource} of ${only ?? 'all'}`);
    }
  };
  const turn = (host: Host, all: ObservedHosts): void => {
    const machine = machineOf(machines, host.name);
    if (!all.get(host.name)?.canChange || failed.has(host.name)) return;
    const armed = machine.armed ?? { names: machine.files[HOSTS] ?? '', wg: machine.wg };
    put(host, { ...machine, armed, wg: tunnelOf(host, fleet, all) }, 'a change of the tunnel');
  };
  try {
    for (const host of fleet.hosts)
      if (isOurs(host) && !away.includes(host.name))
        put(host, rolledBack(machineOf(machines, host.name)), 'the rollback of an earlier run');
    const first = seen();
    const isHopeless = (host: Host): boolean => {
      const one = first.get(host.name);
      return one?.observed != null && one.canChange && planOf(host, one.observed, first).failures.length > 0;
    };
    if (fleet.hosts.some(isHopeless)) return found;
    if (only === null) {
      const all = seen();
      for (const host of fleet.hosts) {
        make(host, all, change => change.resource === HOSTS, true);
        turn(host, all);
      }
      for (const host of fleet.hosts) {
        const machine = machineOf(machines, host.name);
        if (machine.armed === null) continue;
        if (fails.includes(host.name)) {
          failed.add(host.name);
          put(host, rolledBack(machine), 'a rollback');
        } else put(host, { ...machine, armed: null }, 'a confirmation');
      }
    }
    for (let move = 0; move < 7; move += 1) {
      const all = seen();
      for (const host of fleet.hosts) make(host, all, () => true, false);
    }
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
  }
  return found;
}

const WHOLE: Omit<Run, 'of'> = { only: null, away: [], unchosen: [], fails: [], writes: 1000, takesOver: false };

const madeBy = (...runs: readonly Run[]): { readonly machines: Machines; readonly found: readonly string[] } => {
  const machines: Machines = new Map();
  return { machines, found: runs.flatMap(one => provision(machines, one)) };
};

describe('the model', () => {
  it('sets hosts up: smtpd runs and relays to names of hosts(5)', () => {
    const { machines, found } = madeBy({ ...WHOLE, of: { ...QUIET, saudade: 'relay' } });
    expect(found).toEqual([]);
    for (const name of ['namorar', 'saudade', 'carinho', 'mimando'])
      expect(relayedTo(parseSmtpdConf(machineOf(machines, name).running ?? '')), name).not.toEqual([]);
  });
});

describe('a run without hosts-file', () => {
  const [old, renamed] = [QUIET, { ...QUIET, renamed: ['namorar'] as const }];
  it('leaves smtpd.conf as it is where it would relay to a name that is not in hosts(5), and says so', () => {
    const { machines } = madeBy({ ...WHOLE, of: old });
    const before = machineOf(machines, 'carinho');
    expect(provision(machines, { ...WHOLE, of: renamed, only: 'smtpd' })).toEqual([]);
    expect(machineOf(machines, 'carinho')).toEqual(before);
    const fleet = inventory(renamed);
    const answers = fleet.hosts.map(host => {
      const known = observed(host, fleet, machineOf(machines, host.name));
      return [host.name, { observed: known, canChange: true }] as const;
    });
    const { held } = agreements(fleet, TASKS, task => task === 'smtpd')(hostOf(fleet, 'carinho'), true)(
      new Map(answers),
      false,
    );
    expect(held.map(({ resource, what, until }) => `${resource}: ${what}: ${until}`)).toEqual([
      `${CONF}: relaying to out1.example.com: it is changed together with hosts-file`,
    ]);
  });
  it('leaves it as it is where a line of the admin gives the name an address where mail is refused', () => {
    const { machines } = madeBy({ ...WHOLE, of: old }, { ...WHOLE, of: renamed, only: 'hosts-file' });
    const before = machineOf(machines, 'carinho');
    const elsewhere = `${before.files[HOSTS]}192.0.2.21\tout1.example.com\n`;
    machines.set('carinho', { ...before, files: { ...before.files, [HOSTS]: elsewhere } });
    provision(machines, { ...WHOLE, of: renamed, only: 'smtpd' });
    expect(machineOf(machines, 'carinho').running).toBe(before.running);
  });
  it('changes it where hosts(5) has the name already', () => {
    const { machines } = madeBy({ ...WHOLE, of: old }, { ...WHOLE, of: renamed, only: 'hosts-file' });
    provision(machines, { ...WHOLE, of: renamed, only: 'smtpd' });
    expect(machineOf(machines, 'carinho').running).toContain('out1.example.com');
  });
});

describe('the names that smtpd relays to', () => {
  // The run that is killed leaves two ends of the tunnel with one address, which only a whole run on all hosts can change.
  const all = { ...QUIET, saudade: 'relay', desk: 'relay' } as const;
  const killed: Run = { ...WHOLE, of: { ...all, saudade: null, taken: 'saudade' }, writes: 3 };
  it.each<readonly [string, readonly Partial<Run>[]]>([
    ['smtpd alone', [{ only: 'smtpd' }]],
    ['hosts-file alone, and then of smtpd', [{ only: 'hosts-file' }, { only: 'smtpd' }]],
    ['everything while a host is away', [{ away: ['namorar'] }]],
    ['everything on some hosts', [{ unchosen: ['carinho'] }]],
  ])('are there although a relay leaves and comes back in a run that is killed, and in one of %s', (_, next) => {
    const { machines, found } = madeBy(
      { ...WHOLE, of: all },
      killed,
      ...[...next, {}].map(run => ({ ...WHOLE, of: all, ...run })),
    );
    expect(found).toEqual([]);
    expect(machineOf(machines, 'carinho')).toEqual(machineOf(madeBy({ ...WHOLE, of: all }).machines, 'carinho'));
  });
  it('are there although relays leave and come back in runs that are killed', () => {
    const { found } = madeBy(
      { ...WHOLE, of: { ...all, domains: ['example.com'], renamed: ['carinho'] } },
      {
        ...WHOLE,
        of: { ...all, saudade: null, domains: ['example.net'], renamed: ['carinho'], taken: 'saudade' },
        writes: 3,
      },
      { ...WHOLE, of: { ...all, domains: ['example.org'] }, only: 'smtpd', writes: 2 },
      { ...WHOLE, of: { ...all, domains: ['example.org'] } },
    );
    expect(found).toEqual([]);
  });
  it('are in hosts(5) at every moment', () => {
    fc.assert(
      fc.property(drawn, fc.array(run, { minLength: 1, maxLength: 4 }), (first, runs) => {
        const { found } = madeBy({ ...WHOLE, of: { ...first, tls: false } }, ...runs);
        expect(found).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
