import { describe, expect, it } from 'vitest';
import type { ObservedHosts } from '../../src/run/desired.ts';
import { HeldBack } from '../../src/run/resource.ts';
import { CONF } from '../../src/tasks/in-force.ts';
import { keepPresented, presentedBy, presentedIn, presentsFormer } from '../../src/tasks/presented.ts';
import { shownKey } from '../../src/tasks/shown-certificates.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { observing, plainFile, world } from '../answers.ts';
import { acme, article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(acme);
const relay = hostOf(fleet, 'namorar');
if (relay.role !== 'relay') throw new Error('namorar is a relay');
const [OWN, VOUCHED] = [smtpdConf(relay, fleet), smtpdConf(relay, fleet, () => true)];
const says = (shown: 'vouched' | 'self-signed') => world({ namorar: { [shownKey('smtp.example.com')]: shown } });

/** What is known of a relay with this smtpd.conf while these hosts cannot be changed. */
const known = (conf: string | null, ...away: readonly string[]) => {
  const observed = conf === null ? null : observing([plainFile(CONF, conf)]);
  const hosts: ObservedHosts = new Map([['namorar', { observed, canChange: !away.includes('namorar') }]]);
  return presentedIn(fleet, hosts, name => !away.includes(name));
};

describe('the certificate of a relay for its outbound name', () => {
  it.each([
    ['may change with all who verify it', OWN, [], undefined],
    ['stays with a gateway that is away', OWN, ['carinho'], { isVouched: false, until: 'carinho is changed as well' }],
    ['stays if it is not chosen', VOUCHED, ['namorar'], { isVouched: true, until: 'namorar is changed as well' }],
    ['is what the gateway remembers if it cannot be asked', null, ['namorar'], undefined],
    ['is unknown of what somebody else has written', OWN.replace(/^#.*\n/, ''), ['carinho'], undefined],
  ])('%s', (_, conf, away, expected) => {
    expect(known(conf, ...away).get('namorar')).toEqual(expected);
  });

  it.each([
    ['self-signed', OWN],
    ['vouched', VOUCHED],
  ] as const)('is verified as it is presented, whatever will be: %s', (_, conf) => {
    const view = { ...fleet, presented: known(conf, 'carinho') };
    for (const next of ['self-signed', 'vouched'] as const) {
      const isVouched = presentedBy(says(next), view)(relay, 'smtp.example.com');
      expect(isVouched).toBe(conf === VOUCHED);
      const keeps = () => keepPresented(relay, view, says(next));
      if (isVouched === (next === 'vouched')) expect(keeps).not.toThrow();
      else expect(keeps).toThrow(new HeldBack('the certificate of smtp.example.com', 'carinho is changed as well'));
    }
  });

  it('keeps its files while it is presented, though the inventory has them no more', () => {
    const former = fleetOf(article);
    const without = hostOf(former, 'namorar');
    if (without.role !== 'relay') throw new Error('namorar is a relay');
    expect(presentsFormer(without, { ...former, presented: known(VOUCHED, 'carinho') })).toBe(true);
    expect(presentsFormer(without, { ...former, presented: known(VOUCHED) })).toBe(false);
    expect(presentsFormer(without, { ...former, presented: known(OWN, 'carinho') })).toBe(false);
  });
});
