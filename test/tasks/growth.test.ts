import { expect, test } from 'vitest';
import { connectionsTo } from '../../src/commands/connections.ts';
import { targetsOf } from '../../src/commands/targets.ts';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { answered, type HostRun, hostRun } from '../../src/run/host-run.ts';
import { judge } from '../../src/run/judge.ts';
import { askSections, observed } from '../../src/run/observe.ts';
import { actionsIn } from '../../src/tasks/queue-needs.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { computing } from '../computing.ts';
import {
  article,
  bouncesSent,
  fleetOf,
  several,
  severalStations,
  singleMachine,
  twoGateways,
  twoRelays,
} from './fleets.ts';

/** The article's set-up with so many workstations, each with a recipient. */
function withStations(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `desk${index}`);
  const recipients = ['postmaster: jay@desk0', ...names.map(name => `${name}: jay@${name}`)];
  const stations = names.map(
    (name, index) =>
      `  ${name}:\n    role: workstation\n    ssh: ${name}.lan\n    lan: { name: ${name}.lan, address: 2001:db8:6969::${(index + 0x100).toString(16)} }\n`,
  );
  return (
    article.replace(/recipients: .*/, `recipients: { ${recipients.join(', ')} }`).replace(/^ {2}mimando:[\s\S]*/m, '') +
    stations.join('')
  );
}

/** A host's interfaces, as ifconfig(8) prints them. */
const INTERFACES = ['lo0', 'em0', 'em1', 'wg0']
  .map(
    (name, index) =>
      `${name}: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n\tlladdr fe:e1:bb:d1:00:0${index}\n` +
      `\tindex ${index} priority 0 llprio 3\n\tgroups: egress\n\tmedia: Ethernet autoselect\n\tstatus: active\n` +
      `\tinet 192.0.2.${index} netmask 0xffffff00 broadcast 192.0.2.255\n\tinet6 2001:db8:${index}::1 prefixlen 64\n`,
  )
  .join('');

/** All that a run works out between the inventory and the plan; every answer is empty, but for the interfaces. */
function planned(fleet: Fleet): readonly HostRun[] {
  const runs = targetsOf(fleet, {}, connectionsTo(fleet)).map(target => hostRun(target));
  for (const run of runs) {
    const nothing = { exit: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    const answers = askSections(run.questions).map(({ label }) =>
      label === 'asks ifconfig -A' ? { ...nothing, stdout: Buffer.from(INTERFACES) } : nothing,
    );
    answered(run, observed(run.target.host, run.questions, answers));
  }
  judge(runs, { provided: new Map() });
  return runs;
}

test('the work for four hundred hosts is proportional to their number: ten times that of reading the inventory', () => {
  const text = withStations(398);
  let fleet = fleetOf(text);
  // A first time of each is the engine's own.
  planned(fleetOf(withStations(3)));
  const reading = computing(() => {
    fleet = fleetOf(text);
  });
  let runs: readonly HostRun[] = [];
  const working = computing(() => {
    runs = planned(fleet);
  });
  expect(runs.filter(run => run.planned !== null)).toHaveLength(400);
  expect(working).toBeLessThan(18 * reading);
});

test('the actions in the question are those of the file', () => {
  for (const text of [article, bouncesSent, several, severalStations, singleMachine, twoGateways, twoRelays]) {
    const fleet = fleetOf(text);
    for (const host of fleet.hosts) {
      const conf = smtpdConf(host, fleet);
      expect(actionsIn(conf)).toEqual(parseSmtpdConf(conf).actions.map(({ name }) => name));
      expect(actionsIn(conf)).not.toEqual([]);
    }
  }
});
