/** Names in /etc/hosts that smtpd still relays to, until it has been restarted. */
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import type { View } from '../../src/tasks/hops.ts';
import { hostsFile, namesFor } from '../../src/tasks/hosts-file.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, answeringAll, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf, sendingStation, twoRelays } from './fleets.ts';

const RUNNING = 'running\n';
const STALE = 'running\n/etc/mail/smtpd.conf\n';
const STOPPED = 'enabled\n';

const inBlock = (lines: readonly string[]): string => ['# mailtun: begin', ...lines, '# mailtun: end', ''].join('\n');
const linesOf = (inventory: string, host: string): readonly string[] => {
  const fleet = fleetOf(inventory);
  return namesFor(hostOf(fleet, host), fleet).map(({ address, name }) => `${address}\t${name}`);
};

interface Given {
  /** The inventory that /etc/hosts is of, and the one that smtpd.conf is of. */
  readonly names: string;
  readonly conf?: string;
  readonly to: string;
  readonly host?: string;
  readonly service?: string;
  readonly view?: Partial<View>;
}

/** The lines of the block after the change; null for no change. */
function becomes({ names, conf = names, to, host = 'carinho', service = RUNNING, view }: Given) {
  const fleet = { ...fleetOf(to), ...view };
  const assigned = assign([hostsFile], hostOf(fleet, host), fleet);
  const old = fleetOf(conf);
  const observed = answeringAll(
    assigned,
    [
      plainFile('/etc/hosts', inBlock(linesOf(names, host))),
      plainFile('/etc/resolv.conf', 'lookup file bind\n'),
      plainFile('/etc/mail/smtpd.conf', smtpdConf(hostOf(old, host), old)),
    ],
    { 'service smtpd': answer(service) },
  );
  const { changes, failures } = plan(assigned, observed, new Map());
  expect(failures).toEqual([]);
  const change = changes.find(one => one.resource === '/etc/hosts');
  return change ? (change.diff?.after.split('\n').slice(1, -2) ?? []) : null;
}

const tls = (text: string): string => text.replace('mail:\n', 'mail:\n  tls: off\n');
const before = tls(article);
const after = before.replaceAll('smtp.example.com', 'out.example.com');
const NOTE = '\t# until smtpd is restarted';
const FORMER = `2001:db8:c1da::2\tsmtp.example.com${NOTE}`;

describe('a name that smtpd relays to and the inventory no longer has', () => {
  it('stays until the file without it is there and smtpd has been restarted', () => {
    const wanted = linesOf(after, 'carinho');
    expect(becomes({ names: before, to: after })).toEqual([...wanted, FORMER]);
    expect(becomes({ names: before, to: after, conf: after, service: STALE })).toEqual([...wanted, FORMER]);
    expect(becomes({ names: before, to: after, conf: after })).toEqual(wanted);
  });
  it('stays while smtpd does not run, which may start with the file that has it', () =>
    expect(becomes({ names: before, to: after, service: STOPPED })).toContain(FORMER));
  it('is not in the result of a run, which --check and status show', () =>
    expect(becomes({ names: before, to: after, view: { isRestarted: true } })).toEqual(linesOf(after, 'carinho')));
  it('leads to the new address of its host', () => {
    const moved = after.replaceAll('2001:db8:c1da::2', '2001:db8:c1da::12');
    expect(becomes({ names: before, to: moved })).toEqual([
      ...linesOf(moved, 'carinho'),
      `2001:db8:c1da::12\tsmtp.example.com${NOTE}`,
    ]);
  });
  it('leads to the new address of its host where all its names are others, so that nobody else gets its mail with the old one', () => {
    const moved = before
      .replaceAll('vpn0.example.com', 'near.example.com')
      .replaceAll('2001:db8:c1da::1 ', '2001:db8:c1da::11 ');
    const view = { holders: new Map([['carinho', new Set(['2001:db8:c1da::1'])]]) };
    expect(becomes({ names: before, to: moved, host: 'namorar', view })).toEqual([
      ...linesOf(moved, 'namorar'),
      `2001:db8:c1da::11\tvpn0.example.com${NOTE}`,
    ]);
  });
  it('does not lead to the LAN where its relay becomes a workstation, which would refuse that mail', () => {
    const station = tls(sendingStation).replaceAll('desk', 'saudade');
    const view = { holders: new Map([['saudade', new Set(['2001:db8:c1da::3'])]]) };
    expect(becomes({ names: tls(twoRelays), to: station, view })).toContain(
      `2001:db8:c1da::3\tsmtp2.example.com vpn2.example.com${NOTE}`,
    );
  });
  it('is that of a gateway on a relay, and on a workstation', () => {
    const others = before.replaceAll('vpn0.example.com', 'near.example.com').replaceAll('carinho.lan', 'casa.lan');
    expect(becomes({ names: before, to: others, host: 'namorar' })).toContain(
      `2001:db8:c1da::1\tvpn0.example.com${NOTE}`,
    );
    expect(becomes({ names: before, to: others, host: 'mimando' })).toContain(`2001:db8:6969::1\tcarinho.lan${NOTE}`);
  });
  it('is that of a relay that goes', () => {
    const [one, two] = [tls(twoRelays), before];
    const line = linesOf(one, 'carinho').find(text => text.includes('smtp2.example.com')) ?? '';
    expect(becomes({ names: one, to: two })).toEqual([...linesOf(two, 'carinho'), `${line}${NOTE}`]);
    expect(becomes({ names: one, to: two, conf: two })).toEqual(linesOf(two, 'carinho'));
  });
});

it('goes at once where smtpd does not use it', () => {
  const renamed = before.replaceAll('vpn1.example.com', 'far.example.com');
  expect(becomes({ names: before, to: renamed })).toEqual(linesOf(renamed, 'carinho'));
});

it('changes nothing where all names are wanted, whatever smtpd was started with', () => {
  for (const service of [RUNNING, STALE, STOPPED]) expect(becomes({ names: before, to: before, service })).toBeNull();
});
