import { describe, expect, it } from 'vitest';
import { bootProblems } from '../../src/checks/boot-settings.ts';
import { BOOT_SETTINGS, rcConf } from '../../src/facts/rc-conf.ts';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { fleet, machines } from './machines.ts';

const off: Fleet = { ...fleet, packetFilter: { ...fleet.packetFilter, enabled: false } };

const codes = (host: string, settings: string, { pf = 'Enabled', of = fleet } = {}) =>
  machines({ [host]: { questions: { [BOOT_SETTINGS.name]: settings, 'pfctl -si': `Status: ${pf}\n` } } }, of).flatMap(
    one => (one.reached ? bootProblems(one, of).map(({ code, remedy }) => [one.host.name, code, remedy]) : []),
  );

describe('what is not started at boot', () => {
  it.each([
    ['pf', 'pf=YES\ncron_flags=\npf=NO\n', [['namorar', 'pf-off-at-boot', 'on namorar: rcctl enable pf']]],
    ['cron', 'cron_flags="NO"\n', [['namorar', 'cron-not-running', 'on namorar: rcctl enable cron']]],
    [
      'cron, which does not run either',
      'pf=YES\nCRON_flags = NO # too busy\nnot running\n',
      [['namorar', 'cron-not-running', 'on namorar: rcctl enable cron; rcctl start cron']],
    ],
    ['nothing', 'pf=YES\npflogd_flags=NO\ncron_flags=\n', []],
    ['not pf, to which NO with a carriage return is no NO', 'pf=NO\r\n', []],
  ])('%s', (_, settings, found) => {
    expect(codes('namorar', settings)).toEqual(found);
  });

  it.each([
    ['pf is disabled now, which is a problem of its own', 'namorar', { pf: 'Disabled' }],
    ['the inventory wants no filter', 'namorar', { of: off }],
    ['the host has no tunnel', 'mimando', {}],
  ])('pf is none where %s', (_, host, how) => {
    expect(codes(host, 'pf=NO\n', how)).toEqual([]);
  });
});

// _rc_parse_conf of rc.subr, OpenBSD 7.8.
describe('rc.conf(5)', () => {
  it.each([
    ['pf=NO', 'pf', 'NO'],
    ['  Pf \t= NO ', 'pf', 'NO'],
    ["pf='NO' # for now", 'pf', 'NO'],
    ['smtpd_flags=-D a=b', 'smtpd_flags', '-D a=b'],
    ['pf=NO\r', 'pf', 'NO\r'],
    ['#pf=NO', 'pf', undefined],
    ['=pf=NO', 'pf', undefined],
    ['pf NO', 'pf', undefined],
  ])('%s', (line, key, value) => {
    expect(rcConf(['pf_other=x', line]).get(key)).toBe(value);
  });
});
