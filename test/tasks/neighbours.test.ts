import { expect, test } from 'vitest';
import { gatewaysOf } from '../../src/hosts/fleet.ts';
import { addressesThrough, recipientsOf } from '../../src/tasks/neighbours.ts';
import { fleetOf, severalStations } from './fleets.ts';

test('who is behind a gateway depends on the fleet that is asked about, whichever was asked about before', () => {
  const fleet = fleetOf(severalStations);
  const [gateway] = gatewaysOf(fleet);
  if (!gateway) throw new Error('the set-up has a gateway');
  const [first, ...rest] = fleet.mail.recipients;
  const fewer = { ...fleet, mail: { ...fleet.mail, recipients: rest } };
  const alone = { ...fleet, hosts: fleet.hosts.filter(host => host.role !== 'workstation') };
  const counts = [fleet, fewer, alone, fleet].map(one => [
    recipientsOf(gateway, one).length,
    addressesThrough(gateway, one).includes(`${first?.local}@${gateway.domains[0]}`),
  ]);
  const all = fleet.mail.recipients.length;
  const own = fleet.mail.recipients.filter(one => one.host === gateway.name).length;
  expect(counts).toEqual([
    [all, true],
    [all - 1, false],
    [own, false],
    [all, true],
  ]);
});
