import { describe, expect, it } from 'vitest';
import { parseSmtpdConf } from '../../src/facts/smtpd-conf.ts';
import { relaysOf } from '../../src/hosts/fleet.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { readBlocklist } from '../../src/tasks/blocklists.ts';
import { INVENTORY } from '../../src/tasks/credentials.ts';
import { blocklistKey } from '../../src/tasks/filter-files.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { filterChain, relayFilters } from '../../src/tasks/smtpd-filters.ts';
import { answer, type answering, answeringAll } from '../answers.ts';
import { article, articleWith, fleetOf, hostOf } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

const withFilters = (filters: string): string =>
  articleWith('    certificates: self_signed', `    filters: ${filters}\n    certificates: self_signed`);
const confOf = (text: string): string => {
  const fleet = fleetOf(text);
  return smtpdConf(hostOf(fleet, 'namorar'), fleet);
};
const relayOf = (text: string) => {
  const [relay] = relaysOf(fleetOf(text));
  if (!relay) throw new Error('no relay');
  return relay;
};
const ALL =
  '{ rdns: reject, fcrdns: junk, block: a.txt, block_senders: { file: b.txt, action: log }, block_helo: c.txt, programs: [{ name: rspamd, command: filter-rspamd, user: _rspamd }] }';

describe('filters of a relay', () => {
  it('do not appear if there are none', () => {
    expect(confOf(article)).not.toContain('filter');
    expect(relayFilters(relayOf(article), [])).toEqual({ statements: [], inbound: '', outbound: '' });
  });
  it('decide after MAIL FROM, refuse with a code, and only mark at the end', () => {
    expect(relayFilters(relayOf(withFilters(ALL)), []).statements).toMatchInlineSnapshot(`
      [
        "table blocked_addresses file:/etc/mail/blocked_addresses",
        "table blocked_senders file:/etc/mail/blocked_senders",
        "table blocked_helo file:/etc/mail/blocked_helo",
        "filter "mailtun_own" phase mail-from match src { "[2001:db8:1234:1234::6969]", "192.0.2.25", "[2001:db8:1234:1234::b17e]" } bypass",
        "filter "mailtun_log" proc-exec "/etc/mail/mailtun-filter-log"",
        "filter "mailtun_rdns" phase mail-from match !rdns reject "450 4.7.25 No PTR record for your address"",
        "filter "mailtun_fcrdns" phase mail-from match !fcrdns junk",
        "filter "mailtun_block" phase mail-from match src <blocked_addresses> reject "550 5.7.1 No mail from your address"",
        "filter "mailtun_block_senders" phase mail-from match mail-from <blocked_senders> report "550 5.7.1 No mail from this sender"",
        "filter "mailtun_block_helo" phase mail-from match helo <blocked_helo> reject "550 5.7.1 No mail from hosts of this name"",
        "filter "rspamd" proc-exec "filter-rspamd" user _rspamd",
        "filter "mailtun_inbound" chain { "mailtun_own", "mailtun_log", "mailtun_block_senders", "mailtun_rdns", "mailtun_block", "mailtun_block_helo", "rspamd", "mailtun_fcrdns" }",
      ]
    `);
  });
  it('refuse clients by the name in their PTR record', () => {
    const text = withFilters('{ block_rdns: names.txt }');
    expect(relayFilters(relayOf(text), []).statements).toEqual([
      'table blocked_rdns file:/etc/mail/blocked_rdns',
      expect.stringContaining('filter "mailtun_own" '),
      'filter "mailtun_block_rdns" phase mail-from match rdns <blocked_rdns> reject "550 5.7.1 No mail from addresses of this name"',
      'filter "mailtun_inbound" chain { "mailtun_own", "mailtun_block_rdns" }',
    ]);
    expect(smtpdSays(confOf(text))).toBe('configuration OK');
    expect(readBlocklist('block_rdns', '*.Dyn.example.net\nno name')).toEqual({
      entries: ['*.dyn.example.net'],
      bad: [expect.objectContaining({ line: 2, what: '"no name" is not a host name' })],
    });
  });
  it.each(['rdns', 'fcrdns'])('smtpd accepts each action of %s, and each of a list', check => {
    for (const action of ['reject', 'junk', 'log']) {
      const conf = confOf(withFilters(`{ ${check}: ${action}, block: { file: a.txt, action: ${action} } }`));
      expect(smtpdSays(conf)).toBe('configuration OK');
    }
  });
  it('smtpd accepts all of them together', () => {
    const conf = confOf(
      withFilters(ALL).replace('192.0.2.25] }', '192.0.2.25], filters: [{ name: dkim, command: d -x }] }'),
    );
    expect(smtpdSays(conf)).toBe('configuration OK');
    const { listeners } = parseSmtpdConf(conf);
    expect(listeners.map(one => / filter (\S+)$/.exec(one.raw)?.[1])).toEqual([
      '"dkim"',
      '"mailtun_inbound"',
      '"mailtun_inbound"',
    ]);
  });
  it('are for mail from the internet if they are only a list of programs', () => {
    const conf = confOf(withFilters('[{ name: rspamd, command: filter-rspamd }]'));
    expect(conf).toContain('filter "rspamd" proc-exec "filter-rspamd"\n');
    expect(conf.match(/^listen on .* no-dsn filter "rspamd"$/gm)).toHaveLength(2);
    expect(conf.match(/^listen on .* filter /gm)).toHaveLength(2);
  });
  it('are one chain of a listener, before those of others', () => {
    expect(filterChain('x', [])).toEqual({ statements: [], option: '' });
    expect(filterChain('x', ['a'])).toEqual({ statements: [], option: ' filter "a"' });
    expect(filterChain('x', ['a', 'b'])).toEqual({
      statements: ['filter "x" chain { "a", "b" }'],
      option: ' filter "x"',
    });
    expect(relayFilters(relayOf(article), [], { name: 'dkimsign', statement: 'filter "dkimsign" …' }).outbound).toBe(
      ' filter "dkimsign"',
    );
  });
});

describe('what filters need on the relay', () => {
  const text = withFilters('{ block: a.txt, programs: [{ name: rspamd, command: filter-rspamd -x }], rdns: log }');
  const fleet = fleetOf(text);
  const published = (entries: string) =>
    new Map([
      [INVENTORY, { [blocklistKey('namorar', 'block')]: entries } as Record<string, string>],
      ['carinho', { 'password hash': 'x' }],
    ]);
  const assigned = assign([smtpd], hostOf(fleet, 'namorar'), fleet);
  const planned = (entries: string, runs: Parameters<typeof answering>[2] = {}) =>
    plan(assigned, answeringAll(assigned, [], runs), published(entries), { now: 0 });
  it('is installed: lists as tables, and what writes to the log', () => {
    const { changes } = planned('192.0.2.1\n[2001:db8::/32]');
    expect(changes.map(one => one.resource)).toEqual(
      expect.arrayContaining(['/etc/mail/blocked_addresses', '/etc/mail/mailtun-filter-log']),
    );
    expect(changes.find(one => one.resource.includes('blocked'))?.diff?.after).toMatch(
      /^# @list\n# Written by mailtun: .*\n192\.0\.2\.1\n\[2001:db8::\/32\]\n$/,
    );
  });
  it('includes a program, which is named with its package if it is missing, before anything is changed', () => {
    const { failures } = planned('', { 'filter /usr/local/libexec/smtpd/filter-rspamd': answer('', 1) });
    expect(failures.map(one => [one.what, one.remedy])).toEqual([
      [
        'there is no program /usr/local/libexec/smtpd/filter-rspamd, which is listed in filters',
        'install it (pkg_info -Q filter-rspamd; pkg_add), or remove it from the inventory',
      ],
    ]);
  });
  it('excludes IPv6 addresses if smtpd would not match them in a file', () => {
    const old = { 'uname -sr': answer('OpenBSD 7.5\n') };
    expect(planned('[2001:db8::1]', old).failures.map(one => one.what)).toEqual([
      'smtpd of OpenBSD 7.5 does not find IPv6 addresses in table files',
    ]);
    expect(planned('192.0.2.1', old).failures).toEqual([]);
  });
});
