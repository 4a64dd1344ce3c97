/** A neighbour that vanishes from the inventory while mail is still handed to it. */
import { describe, expect, it } from 'vitest';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { WG_PUBLIC_KEY } from '../../src/resources/wg-key.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import type { View } from '../../src/tasks/hops.ts';
import { hostsFile } from '../../src/tasks/hosts-file.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { wireguard } from '../../src/tasks/wireguard.ts';
import { answer, answeringAll, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf, severalStations, singleMachine, twoRelays } from './fleets.ts';

const key = (letter: string): string => `${letter.repeat(42)}0=`;
const retiring = (text: string, host: string): string =>
  text.replace(`  ${host}:\n`, `  ${host}:\n    retiring: true\n`);

/** What needs leave on a gateway that was set up by one inventory and gets another. */
function leavesOf(
  before: string,
  after: string,
  names: readonly string[],
  wgpeers = '',
  tasks: Parameters<typeof assign<Host, Fleet>>[0] = [wireguard, smtpd],
  present: readonly string[] = [],
): readonly string[] {
  const [old, fleet] = [fleetOf(before), fleetOf(after)];
  const conf = smtpdConf(hostOf(old, 'carinho'), old);
  const view: View = { ...fleet, present: new Set(present) };
  const assigned = assign(tasks, hostOf(fleet, 'carinho'), view);
  const observed = answeringAll(
    assigned,
    [plainFile('/etc/mail/smtpd.conf', conf), plainFile('/etc/hosts', names.join('\n'))],
    {
      'ifconfig -A': answer(
        `wg0: flags=80c3<UP> mtu 1420\n\twgport 6900\n\twgpubkey ${key('c')}\n\twgpeer ${key('n')}\n\t\twgaip 2001:db8:c1da::2/128\n${wgpeers}`,
      ),
    },
  );
  const published = new Map([
    ['namorar', { [WG_PUBLIC_KEY]: key('n') }],
    ['carinho', { [WG_PUBLIC_KEY]: key('c') }],
  ]);
  return plan(assigned, observed, published).leaves ?? [];
}

const inBlock = (...lines: readonly string[]): readonly string[] => ['# mailtun: begin', ...lines, '# mailtun: end'];

const relays = [
  '2001:db8:c1da::2 smtp.example.com vpn1.example.com',
  '2001:db8:c1da::3 smtp2.example.com vpn2.example.com',
];
const second = `\twgpeer ${key('s')}\n\t\twgaip 2001:db8:c1da::3/128\n`;
const stations = ['2001:db8:6969::2 mimando.lan', '2001:db8:6969::3 desk.lan'];

describe('needs --take-over', () => {
  it('if it was a relay for outbound mail', () =>
    expect(leavesOf(twoRelays, article, relays, second)).toEqual([
      'smtp2.example.com (2001:db8:c1da::3) is no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)',
    ]));
  it('if mail was sent to its name, once, whether only hosts(5) changes or everything', () => {
    const gone = [
      'smtp2.example.com (2001:db8:c1da::3) is no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)',
    ];
    expect(leavesOf(twoRelays, article, inBlock(...relays), second, [hostsFile])).toEqual(gone);
    expect(leavesOf(twoRelays, article, inBlock(...relays), second, [hostsFile, wireguard, smtpd])).toEqual(gone);
  });
  it('if it was a workstation to which mail was forwarded', () =>
    expect(leavesOf(article, singleMachine, stations)).toEqual([
      'mimando.lan (2001:db8:6969::2) is no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)',
    ]));
});

it('an address that the host itself still has is no neighbour, whatever its name was', () => {
  const former = inBlock('2001:db8:c1da::9 near.example.com', '2001:db8:c1da::2 smtp.example.com');
  const own = '\tinet6 2001:db8:c1da::9 prefixlen 64\n';
  expect(leavesOf(article, article, former, own, [hostsFile])).toEqual([]);
  expect(leavesOf(article, article, former, '', [hostsFile])).toEqual([expect.stringContaining('near.example.com')]);
});

it.each([
  ['a relay', twoRelays, relays, '2001:db8:c1da::3'],
  ['a workstation', severalStations, stations, '2001:db8:6969::3'],
])(
  '%s that has another role and is reachable needs no --take-over: its mail can leave',
  (_, before, names, address) => {
    const all = [hostsFile, wireguard, smtpd];
    expect(leavesOf(before, article, inBlock(...names), second, all)).not.toEqual([]);
    expect(leavesOf(before, article, inBlock(...names), second, all, [address])).toEqual([]);
  },
);

const moved = retiring(severalStations, 'desk').replaceAll('ana@desk', 'ana@mimando');

describe('a host that was retiring', () => {
  it('needs --take-over if it may still have mail', () => {
    const noted = inBlock(...relays);
    expect(leavesOf(retiring(twoRelays, 'saudade'), article, noted, second)).toEqual([
      'smtp2.example.com (2001:db8:c1da::3) is no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)',
    ]);
    expect(leavesOf(moved, article, inBlock(...stations))).toEqual([
      'desk.lan (2001:db8:6969::3) is no longer in the inventory: mail queued there could not leave, what waits here for it goes by another host or this one is refused, and DNS may still have it (mailtun dns --check)',
    ]);
  });
  it('does not need it if it is recorded that it has none', () => {
    const [, last = ''] = relays;
    const noted = inBlock(...relays.slice(0, 1), `${last}\t# retired: has no mail left`);
    expect(leavesOf(retiring(twoRelays, 'saudade'), article, noted, second)).toEqual([]);
    const [near = '', far = ''] = stations;
    expect(leavesOf(moved, article, inBlock(near, `${far}\t# retired: has no mail left`))).toEqual([]);
  });
  it('needs no leave again if a run that began to remove it was killed', () => {
    const [near = '', far = ''] = relays;
    const begun = inBlock(near, `${far}\t# until smtpd is restarted`);
    for (const tasks of [[hostsFile], [hostsFile, wireguard, smtpd]])
      expect(leavesOf(twoRelays, article, begun, second, tasks)).toEqual([]);
  });
  it('is not confused with the host itself under other names, nor with what somebody else has written', () => {
    const own = ['2001:db8:c1da::1\tvpn0.example.com', '2001:db8:6969::1\tcarinho.lan'];
    const renamed = article
      .replaceAll('vpn0.example.com', 'near.example.com')
      .replaceAll('carinho.lan', 'home.lan')
      .replace('2001:db8:c1da::1', '2001:db8:c1da::11')
      .replace('2001:db8:6969::1', '2001:db8:6969::11');
    expect(leavesOf(article, renamed, inBlock(...own, ...relays.slice(0, 1)))).toEqual([]);
    expect(leavesOf(article, article, [...inBlock(...relays.slice(0, 1)), '192.0.2.7 printer.lan'])).toEqual([]);
  });
});

describe('a relay that no tunnel leads to', () => {
  const all = [hostsFile, wireguard, smtpd];
  it('needs no --take-over: it was never set up, so that it has no mail', () => {
    expect(leavesOf(twoRelays, article, inBlock(...relays), '', all)).toEqual([]);
    for (const task of all) expect(leavesOf(twoRelays, article, inBlock(...relays), '', [task])).toEqual([]);
  });
  it('needs it if the tunnel leads to a host that is unknown, which may be the relay with its former address', () => {
    const former = `\twgpeer ${key('s')}\n\t\twgaip 10.6.9.3/32\n`;
    expect(leavesOf(twoRelays, article, inBlock(...relays), former, all)).toEqual([
      expect.stringContaining('smtp2.example.com'),
    ]);
  });
});

describe('does not need --take-over', () => {
  it('if it was retiring and nothing is known about it', () => {
    expect(leavesOf(retiring(twoRelays, 'saudade'), article, relays, second)).toEqual([]);
    expect(leavesOf(moved, article, stations)).toEqual([]);
  });
  it('if it only has another name, in the tunnel or in the LAN', () => {
    expect(leavesOf(article, article.replaceAll('smtp.example.com', 'out.example.com'), relays)).toEqual([]);
    expect(leavesOf(article, article.replaceAll('mimando.lan', 'study.lan'), stations)).toEqual([]);
    const moved = article
      .replaceAll('smtp.example.com', 'out.example.com')
      .replace('2001:db8:c1da::2', '2001:db8:c1da::22');
    expect(leavesOf(article, moved, relays)).toEqual([]);
  });
  it('if nothing has changed', () => {
    expect(leavesOf(twoRelays, twoRelays, relays, second)).toEqual([]);
  });
});
