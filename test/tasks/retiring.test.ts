/** A host that is to go: what its smtpd says, and that of those before it. */
import { describe, expect, it } from 'vitest';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { article, fleetOf, hostOf, severalStations, twoRelays } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const FILTER =
  'filter "retiring" phase connect match !src "0.0.0.0" disconnect "421 4.3.2 Retiring: use another host or try again later"';

const retiring = (text: string, host: string): string =>
  text.replace(`  ${host}:\n`, `  ${host}:\n    retiring: true\n`);
const confOf = (text: string, name: string): readonly string[] => {
  const fleet = fleetOf(text);
  const conf = smtpdConf(hostOf(fleet, name), fleet);
  expect(smtpdSays(conf)).toBe('configuration OK');
  return conf.split('\n');
};
const beginning = (lines: readonly string[], begin: string, has = ''): readonly string[] =>
  lines.filter(line => line.startsWith(begin) && line.includes(has));

/** The second gateway of a household that moves: the first one has nothing to do any more. */
const movedGateway = `${article
  .replace('  carinho:\n', '  carinho:\n    retiring: true\n')
  .replace('{ test: jay, postmaster: jay }', '{ test: jay@mimando, postmaster: jay@mimando }')
  .replace('# gateway: carinho ', 'gateway: casa #')}
  casa:
    role: gateway
    ssh: casa.lan
    tunnel: { name: vpn3.example.com, address: 2001:db8:c1da::3 }
    lan: { name: casa.lan, address: 2001:db8:6969::9 }
    domains: example.com
`;

describe('a retiring relay', () => {
  it('temporarily refuses mail from the internet, and from nobody else', () => {
    const lines = confOf(retiring(article, 'namorar'), 'namorar');
    expect(lines).toContain(FILTER);
    expect(beginning(lines, 'listen on', 'filter "retiring"').map(line => line.split(' ')[2])).toEqual([
      '2001:db8:1234:1234::6969',
      '192.0.2.25',
    ]);
  });
  it('still has its own filters, after that one', () => {
    const lines = confOf(
      retiring(article, 'namorar').replace(
        '    certificates: self_signed',
        '    filters: { rdns: reject, fcrdns: junk }',
      ),
      'namorar',
    );
    expect(lines).toContain(
      'filter "mailtun_inbound" chain { "retiring", "mailtun_own", "mailtun_rdns", "mailtun_fcrdns" }',
    );
    expect(beginning(lines, 'listen on', 'filter "mailtun_inbound"').map(line => line.split(' ')[2])).toEqual([
      '2001:db8:1234:1234::6969',
      '192.0.2.25',
    ]);
  });
  it('gets no outbound mail if there is another relay, and all of it if there is none', () => {
    expect(beginning(confOf(retiring(twoRelays, 'namorar'), 'carinho'), 'action "outbound"')).toEqual([
      expect.stringContaining('host smtp+tls://mailuser@smtp2.example.com auth'),
    ]);
    expect(confOf(retiring(article, 'namorar'), 'carinho')).toEqual(confOf(article, 'carinho'));
  });
});

describe('a retiring gateway', () => {
  it('refuses the relays and accepts what its workstations send', () => {
    const lines = confOf(retiring(article, 'carinho'), 'carinho');
    expect(beginning(lines, 'listen on', 'filter "retiring"').map(line => line.split(' ')[2])).toEqual([
      '2001:db8:c1da::1',
    ]);
    expect(confOf(retiring(article, 'carinho'), 'namorar')).toEqual(confOf(article, 'namorar'));
  });
  it('needs no domains and no recipients, and is not a destination then', () => {
    expect(beginning(confOf(movedGateway, 'namorar'), 'action "relay_in_')).toEqual([
      expect.stringContaining('vpn3.example.com'),
    ]);
    confOf(movedGateway, 'carinho');
    const stays = movedGateway.replace('    retiring: true\n', '');
    expect(() => fleetOf(stays)).toThrow('missing, and there are several gateways');
    const behind = movedGateway.replace('gateway: casa', 'gateway: carinho');
    expect(() => fleetOf(behind)).toThrow('missing, and there are several gateways');
  });
});

describe('a retiring workstation', () => {
  it('refuses its gateway, and is not a destination once it has no recipient', () => {
    const still = retiring(severalStations, 'desk');
    expect(beginning(confOf(still, 'desk'), 'listen on', 'filter "retiring"')).toHaveLength(1);
    expect(confOf(still, 'carinho')).toEqual(confOf(severalStations, 'carinho'));
    const left = confOf(still.replaceAll('ana@desk', 'ana@mimando'), 'carinho');
    expect(beginning(left, 'action "forward_to_')).toEqual([expect.stringContaining('mimando.lan')]);
    expect(left).toContain('match from local for domain "desk.lan" reject');
  });
});
