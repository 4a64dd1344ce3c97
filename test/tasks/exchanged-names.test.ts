/** Hosts that get each other's names or addresses: mail that waits for one is never handed to the other. */

import { describe, expect, it } from 'vitest';
import { addressOfName, parseHostsFile } from '../../src/facts/hosts-file.ts';
import { entriesOf, parseSmtpdConf, relayUrl, type SmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { parseSpool } from '../../src/facts/smtpd-queue.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import type { Failure } from '../../src/run/failure.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { withCarried } from '../../src/tasks/carried-actions.ts';
import { leadsFromTo } from '../../src/tasks/exchanged-names.ts';
import type { View } from '../../src/tasks/hops.ts';
import { hostsFile, namesFor } from '../../src/tasks/hosts-file.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, answeringAll, namedFilesAsked, observing, plainFile } from '../answers.ts';
import { fc } from '../properties.ts';
import { fleetOf, hostOf } from './fleets.ts';

/** Machines in their order: a relay, three gateways, three workstations of the first. */
interface Drawn {
  /** Names and numbers in the tunnel: of the relay and of the gateways. */
  readonly tunnel: readonly string[];
  readonly ends: readonly number[];
  /** Names and numbers in the LAN: of the first gateway and of the workstations. */
  readonly lan: readonly string[];
  readonly near: readonly number[];
  /** What the inventory calls the gateways, and the workstations. */
  readonly gateways: readonly string[];
  readonly stations: readonly string[];
}

const FIRST: Drawn = {
  tunnel: ['r.vpn', 'a.vpn', 'b.vpn', 'c.vpn'],
  ends: [1, 2, 3, 4],
  lan: ['a.lan', 'd.lan', 'e.lan', 'f.lan'],
  near: [1, 2, 3, 4],
  gateways: ['carinho', 'lar', 'casa'],
  stations: ['mimando', 'desk', 'study'],
};

function inventory({ tunnel, ends, lan, near, gateways, stations }: Drawn): Fleet {
  const end = (n: number) => `tunnel: { name: ${tunnel[n]}, address: 10.6.9.${ends[n]} }`;
  const inLan = (n: number) => `lan: { name: ${lan[n]}, address: 10.0.0.${near[n]} }`;
  const [one, two, three] = gateways;
  return fleetOf(`
domain: [example.com, example.org, example.net]
mail: { tls: off, recipients: { jay@example.com: jay@${stations[0]}, postmaster@example.com: jay@${stations[0]}, ana@example.com: ana@${stations[1]}, rui@example.com: rui@${stations[2]}, postmaster@example.org: jay@${two}, postmaster@example.net: jay@${three} } }
hosts:
  namorar: { role: relay, ssh: machine0, endpoint: 192.0.2.21, ${end(0)}, mx: [{ name: mx.example.com, address: 192.0.2.21 }], outbound: { name: smtp.example.com, addresses: [192.0.2.21] } }
  ${one}: { role: gateway, ssh: machine1, domains: example.com, ${end(1)}, ${inLan(0)} }
  ${two}: { role: gateway, ssh: machine2, domains: example.org, ${end(2)} }
  ${three}: { role: gateway, ssh: machine3, domains: example.net, ${end(3)} }
${stations.map((name, n) => `  ${name}: { role: workstation, ssh: machine${n + 4}, gateway: ${one}, ${inLan(n + 1)} }`).join('\n')}
`);
}

/** A recipient for whom no rule is written. */
const ANYBODY = 'anybody';

const machineOf = (host: Host): string => JSON.stringify(host.ssh);
const addressesOn = (host: Host): readonly string[] => [
  ...(host.role === 'workstation' ? [] : [host.tunnel.address]),
  ...(host.role === 'relay' || !host.lan ? [] : [host.lan.address]),
];
const textOfNames = (host: Host, fleet: Fleet): string =>
  `# mailtun: begin\n${namesFor(host, fleet)
    .map(({ address, name }) => `${address}\t${name}\n`)
    .join('')}# mailtun: end\n`;
const on = (fleet: Fleet, machine: string): Host => {
  const host = fleet.hosts.find(one => machineOf(one) === machine);
  if (!host) throw new Error(`there is no ${machine}`);
  return host;
};

/** The machines that have an address of the tunnel or the LAN at one time or another. */
const machinesAt = (address: string | undefined, fleets: readonly Fleet[]): readonly string[] =>
  fleets.flatMap(({ hosts }) => hosts.filter(one => addressesOn(one).some(own => own === address)).map(machineOf));

/**
 * Where mail for a recipient goes behind a host: the machine, by the inventory. A workstation hands all of it to its gateway,
 * and a gateway to the relay what is for anybody elsewhere.
 */
const receiverOf = (address: string, sender: Host, fleet: Fleet): string | null => {
  if (sender.role === 'workstation') return machineOf(hostOf(fleet, sender.gateway ?? ''));
  if (address === ANYBODY) return machineOf(hostOf(fleet, 'namorar'));
  const to = fleet.mail.recipients.find(one => `${one.local}@${one.domain}` === address);
  const station = to && hostOf(fleet, to.host);
  if (!station) return null;
  return machineOf(
    sender.role === 'relay' && station.role === 'workstation' ? hostOf(fleet, station.gateway ?? '') : station,
  );
};

interface Run {
  readonly failures: readonly Failure[];
  readonly conf: string;
  readonly names: string;
}

/** What a run makes of a sender's files. `asked`: what is known of the interfaces. */
function runOn(
  sender: Host,
  before: Fleet,
  view: View,
  names = textOfNames(on(before, machineOf(sender)), before),
): Run {
  const now = on(before, machineOf(sender));
  const old = smtpdConf(now, before);
  const assigned = assign([hostsFile, smtpd], sender, view);
  const observed = answeringAll(
    assigned,
    [
      plainFile('/etc/hosts', names),
      plainFile('/etc/resolv.conf', 'lookup file bind\n'),
      plainFile('/etc/mail/smtpd.conf', old),
      ...namedFilesAsked(assigned.flatMap(({ resource }) => resource.questions)),
    ],
    { 'service smtpd': answer('enabled\nrunning\n') },
  );
  const { changes, failures } = plan(assigned, observed, new Map());
  const after = (resource: string, same: string): string =>
    changes.find(one => one.resource === resource)?.diff?.after ?? same;
  return { failures, conf: after('/etc/mail/smtpd.conf', old), names: after('/etc/hosts', names) };
}

const recipientsOf = (
  { rcptTo, for: to }: SmtpdConf['matches'][number],
  sender: Host,
  conf: SmtpdConf,
): readonly string[] => {
  if (rcptTo) return entriesOf(rcptTo.of, conf).map(([recipient]) => recipient);
  return sender.role === 'workstation' || (sender.role === 'gateway' && to.kind === 'any') ? [ANYBODY] : [];
};

/** The mail that a file may have queued and that would go to another machine, whichever hosts have their new addresses. */
function astray(sender: Host, before: Fleet, after: Fleet, { conf, names }: Pick<Run, 'conf' | 'names'>): string[] {
  const now = on(before, machineOf(sender));
  const [old, next] = [parseSmtpdConf(smtpdConf(now, before)), parseSmtpdConf(conf)];
  const [was, is] = [parseHostsFile(textOfNames(now, before)), parseHostsFile(names)];
  return old.matches.flatMap(rule =>
    recipientsOf(rule, now, old).flatMap(recipient => {
      const right = receiverOf(recipient, now, before);
      return [old, next].flatMap(file => {
        const action = file.actions.find(one => one.name === rule.action);
        const [url = ''] = entriesOf(action?.host ?? null, file).map(([key, value]) => value ?? key);
        // hosts(5) is changed before smtpd.conf(5).
        return (file === old ? [was, is] : [is]).flatMap(lines => {
          const address = url === '' ? undefined : addressOfName(relayUrl(url).host, lines);
          const wrong = machinesAt(address, [before, after]).filter(machine => machine !== right);
          return wrong.map(machine => `${recipient} to ${machine}`);
        });
      });
    }),
  );
}

const mixed = <T>(first: readonly T[], more: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.shuffledSubarray([...first], { minLength: first.length }) },
    {
      weight: 1,
      arbitrary: fc.shuffledSubarray([...first, ...more], { minLength: first.length, maxLength: first.length }),
    },
  );
const drawn: fc.Arbitrary<Drawn> = fc.record({
  tunnel: mixed(FIRST.tunnel, ['x.vpn', 'y.vpn', 'z.vpn']),
  ends: fc.oneof(fc.constant([11, 12, 13, 14]), mixed(FIRST.ends, [11, 12, 13, 14])),
  // A workstation with the name of its gateway would hand its own mail to itself, which is refused as well.
  lan: mixed(FIRST.lan.slice(1), ['x.lan', 'y.lan', 'z.lan']).map(names => ['a.lan', ...names]),
  near: fc.oneof(fc.constant([11, 12, 13, 14]), mixed(FIRST.near, [11, 12, 13, 14])),
  gateways: mixed(FIRST.gateways, ['porta']),
  stations: mixed(FIRST.stations, ['lume']),
});

const holdersOf = (before: Fleet, after: Fleet): NonNullable<View['holders']> =>
  new Map(after.hosts.map(host => [host.name, new Set(addressesOn(on(before, machineOf(host))))]));

const before = inventory(FIRST);
const SENDERS = ['namorar', 'carinho', ...FIRST.stations].map(name => machineOf(hostOf(before, name)));

describe('names that hosts take from each other', () => {
  it('hand no queued mail to another host, nor are they refused if they would not', () => {
    let [refused, made] = [0, 0];
    fc.assert(
      fc.property(drawn, edit => {
        const after = inventory(edit);
        const view: View = { ...after, holders: holdersOf(before, after) };
        const plans = SENDERS.map(machine => {
          const sender = on(after, machine);
          const run = runOn(sender, before, view);
          // What a run would make of it that knew nothing of names in use.
          const blind = runOn(
            sender,
            before,
            view,
            textOfNames(on(before, machine), before).replaceAll('mailtun: ', 'mailtun. '),
          );
          const names = textOfNames(sender, after);
          return { sender, run, wrong: astray(sender, before, after, { conf: blind.conf, names }) };
        });
        if (plans.some(({ run }) => run.failures.length > 0)) {
          refused += 1;
          expect(plans.flatMap(({ wrong }) => wrong)).not.toEqual([]);
          return;
        }
        made += 1;
        for (const { sender, run } of plans) expect(astray(sender, before, after, run)).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(refused, made)).toBeGreaterThan(50);
  });
});

it('an exchange is refused with both names, and what to do', () => {
  const after = inventory({ ...FIRST, tunnel: ['r.vpn', 'b.vpn', 'a.vpn', 'c.vpn'] });
  const view: View = { ...after, holders: holdersOf(before, after) };
  const { failures } = runOn(hostOf(after, 'namorar'), before, view);
  expect(failures[0]).toMatchObject({
    what: expect.stringContaining('a.vpn is the name of carinho now and would be that of lar; b.vpn is'),
    remedy: expect.stringContaining('in the first, no host may have the name a.vpn, b.vpn'),
  });
});

describe('an address in the tunnel that another host has', () => {
  const refusedFor = (ends: readonly number[], away?: string) => {
    const fleet = inventory({ ...FIRST, ends });
    const holders = new Map([...holdersOf(before, before)].filter(([name]) => name !== away));
    // The address of a host that cannot be changed stays as it is.
    const hosts = fleet.hosts.map(one => (one.name === away ? hostOf(before, away) : one));
    return runOn(hostOf(fleet, 'namorar'), before, { ...fleet, hosts, holders }).failures[0];
  };
  it.each([
    [
      'they exchange them',
      [1, 3, 2, 4],
      '10.6.9.3 is the address of lar now and would be that of carinho; 10.6.9.2 is',
    ],
    ['one takes it, and the other gets a new one', [1, 3, 9, 4], '10.6.9.3 is the address of lar now'],
    ['the relay takes it', [2, 9, 3, 4], '10.6.9.2 is the address of carinho now and would be that of namorar'],
  ])('%s: refused, with what to do', (_, ends, what) => {
    expect(refusedFor(ends)).toMatchObject({
      what: expect.stringContaining(what),
      remedy: expect.stringContaining('in the first, no host may have the address 10.6.9.'),
    });
  });
  it('the other one cannot be asked: refused', () => {
    expect(refusedFor([1, 3, 9, 4], 'lar')?.what).toContain('10.6.9.3 is the address of lar now');
  });
  it('two have it, and the run is one that leaves them so: refused, and a run on all hosts gives each its own', () => {
    const hosts = before.hosts.map(one =>
      one.role === 'gateway' && one.name === 'lar' ? { ...one, tunnel: { ...one.tunnel, address: '10.6.9.2' } } : one,
    );
    const left: Fleet = { ...before, hosts };
    const failuresIn = (fleet: Fleet) =>
      runOn(hostOf(fleet, 'namorar'), before, { ...fleet, holders: holdersOf(left, fleet) }).failures;
    expect(failuresIn(left)[0]).toMatchObject({
      what: expect.stringContaining('10.6.9.2 is the address of carinho now and would be that of lar'),
      remedy: expect.stringContaining('without --host and --only'),
    });
    expect(failuresIn(before)).toEqual([]);
  });
  it('in two runs it is given on', () => {
    expect(refusedFor([1, 9, 8, 4])).toBeUndefined();
    const [first, second] = [inventory({ ...FIRST, ends: [1, 9, 8, 4] }), inventory({ ...FIRST, ends: [1, 3, 2, 4] })];
    const view: View = { ...second, holders: holdersOf(first, second) };
    expect(runOn(hostOf(second, 'namorar'), first, view).failures).toEqual([]);
  });
});

describe('the address of a gateway that is gone', () => {
  const edited = (local: string): Fleet => {
    const fleet = inventory({
      ...FIRST,
      tunnel: ['r.vpn', 'a.vpn', 'n.vpn', 'c.vpn'],
      gateways: ['carinho', 'novo', 'casa'],
    });
    const recipients = fleet.mail.recipients.map(one => (one.host === 'novo' ? { ...one, local } : one));
    return { ...fleet, mail: { ...fleet.mail, recipients } };
  };
  const failureOf = (fleet: Fleet) => {
    const holders = new Map(
      [...holdersOf(before, fleet)].map(([name, has]) => [name, name === 'novo' ? new Set<string>() : has]),
    );
    return runOn(hostOf(fleet, 'namorar'), before, { ...fleet, holders }).failures[0];
  };
  it('is not given to another that refuses what smtpd still hands over there', () => {
    expect(failureOf(edited('other'))?.what).toContain(
      '10.6.9.3 is the address of b.vpn now and would be that of novo',
    );
  });
  it('is given to one that has all its recipients', () => {
    expect(failureOf(edited('postmaster'))).toBeUndefined();
  });
});

it('the same address in the LANs of two gateways is no exchange', () => {
  const both = (near: readonly number[]): Fleet => {
    const fleet = inventory({ ...FIRST, near });
    const lan = { name: 'lar.lan', address: '10.0.0.9' };
    return {
      ...fleet,
      hosts: fleet.hosts.map(one => (one.role === 'gateway' && one.name === 'lar' ? { ...one, lan } : one)),
    };
  };
  const [old, after] = [both(FIRST.near), both([9, 2, 3, 4])];
  const view: View = { ...after, holders: holdersOf(old, after) };
  expect(runOn(hostOf(after, 'carinho'), old, view).failures).toEqual([]);
});

it('mail that waits for its former host under a name that is given on goes to that host', () => {
  const [first, second] = [
    inventory({ ...FIRST, tunnel: ['r.vpn', 'x.vpn', 'y.vpn', 'c.vpn'] }),
    inventory({ ...FIRST, tunnel: ['r.vpn', 'b.vpn', 'a.vpn', 'c.vpn'] }),
  ];
  const at = (fleet: Fleet, existing: string, waits: boolean): string => {
    const host = hostOf(fleet, 'namorar');
    const observed = observing([plainFile('/etc/hosts', textOfNames(hostOf(first, 'namorar'), first))]);
    const mail = '\t8c5fa896e2244000\t1\tmta\trelay_in_a.vpn\ta@b.example\tjay@example.com';
    const spool = parseSpool(waits ? `spool\nmail${mail}\ncount\t1\trelay_in_a.vpn` : '');
    const [addresses, holders] = [new Set<string>(), holdersOf(first, fleet)];
    const leads = (name: string) => leadsFromTo(name, { ...fleet, holders }, observed);
    return withCarried(smtpdConf(host, fleet), existing, {
      host,
      spool,
      domains: fleet.domains,
      addresses,
      now: 0,
      leads,
    });
  };
  const carrying = at(first, smtpdConf(hostOf(before, 'namorar'), before), true);
  expect(carrying).toContain('action "relay_in_a.vpn" relay host smtp+notls://x.vpn');
  const exchanged = at(second, carrying, true);
  for (const [action, name] of [
    ['relay_in_a.vpn', 'b.vpn'],
    ['relay_in_a.vpn+2', 'a.vpn'],
  ])
    expect(exchanged).toContain(`action "${action}" relay host smtp+notls://${name}\n`);
  const given = at(second, carrying, false);
  for (const action of ['relay_in_x.vpn', 'relay_in_b.vpn'])
    expect(given).toContain(`action "${action}" relay host smtp+notls://b.vpn`);
});
