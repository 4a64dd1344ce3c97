import { describe, expect, it } from 'vitest';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { article, fleetOf, hostOf } from './fleets.ts';
import { smtpdSays } from './real-smtpd.ts';

/** The words of smtpd.conf's grammar (parse.y), 7.0 to 7.8 alike: a name without a dot may be one of them. */
const words = `
  action admd alias any auth auth-optional backup bounce bypass ca cert chain chroot ciphers commit compression
  connect data data-line dhe disconnect domain ehlo encryption expand-only fcrdns filter for forward-only from
  group helo helo-src host hostname hostnames include inet4 inet6 junk key limit listen lmtp local mail-from
  maildir mask-src masquerade match max-deferred max-message-size mbox mda mta mx no-dsn no-verify noop on
  phase pki port proc proc-exec protocols proxy-v2 queue quit rcpt-to rdns received-auth recipient regex reject
  relay report rewrite rset scheduler senders smtp smtp-in smtp-out smtps socket src srs sub-addr-delim table
  tag tagged tls tls-require ttl user userbase verify virtual warn-interval wrapper
`
  .trim()
  .split(/\s+/);

/** Four words at a time, one for each name that needs no dot. */
const fours = words.flatMap((_, index) =>
  index % 4 === 0 ? [[0, 1, 2, 3].map(n => words[index + n] ?? `h${n}`)] : [],
);

const named = ([relay = '', gateway = '', lan = '', station = '']: readonly string[]): string =>
  article
    .replace('name: vpn1.example.com', `name: ${relay}`)
    .replace('name: vpn0.example.com', `name: ${gateway}`)
    .replace('name: carinho.lan', `name: ${lan}`)
    .replace('name: mimando.lan', `name: ${station}`);

describe('names that are words of the grammar', () => {
  it.each(fours)('%s, %s, %s and %s: OpenSMTPD accepts them as names', (...names) => {
    const fleet = fleetOf(named(names));
    for (const host of ['namorar', 'carinho', 'mimando'])
      expect(smtpdSays(smtpdConf(hostOf(fleet, host), fleet))).toBe('configuration OK');
  });
  it('OpenSMTPD rejects such a word without quotes, so the quotes are needed', () => {
    const fleet = fleetOf(named(['relay', 'smtp', 'hostname', 'pki']));
    expect(smtpdSays(smtpdConf(hostOf(fleet, 'carinho'), fleet).replaceAll(/"(smtp|hostname|pki)"/g, '$1'))).toContain(
      'syntax error',
    );
  });
});
