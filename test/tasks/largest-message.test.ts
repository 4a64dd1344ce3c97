/** What a relay may accept while a host behind it has a hand-made smtpd.conf with another limit. */
import { describe, expect, it } from 'vitest';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import { assign } from '../../src/run/task.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { CONF, standingQuestions } from '../../src/tasks/in-force.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(article);
const WANTED = 36800;

/** The same file, written by hand: without mailtun's mark, and with this limit. */
const byHand = (name: string, limit: string): string =>
  smtpdConf(hostOf(fleet, name), fleet)
    .replace(/.*\n/, '')
    .replace(/smtp max-message-size .*\n/, limit === '' ? '' : `smtp max-message-size ${limit}\n`);

/** The relay's limit, and what is held back. @param confs by host; null: it cannot be reached. */
function limitOf(confs: Readonly<Record<string, string | null>>, canChange = true, ahead = false) {
  const seen = new Map(
    fleet.hosts.map(host => {
      const conf = confs[host.name] ?? (host.name in confs ? null : smtpdConf(host, fleet));
      const asked = [
        ...assign([smtpd], host, fleet).flatMap(({ resource }) => resource.questions),
        ...standingQuestions(host, fleet),
        WG_INTERFACES,
        OWN_TUNNELS,
      ];
      const files = [plainFile(CONF, conf ?? ''), plainFile('/etc/hosts', ''), plainFile('/etc/mail/recipients', '')];
      const observed = answering(asked, files, { 'service smtpd': answer('enabled\nrunning\n') });
      return [host.name, { observed: conf === null ? null : observed, canChange: canChange && conf !== null }] as const;
    }),
  );
  const desired = agreements(fleet, [
    { ...smtpd, resources: (_, view) => [{ id: String(view.largest ?? WANTED), questions: [], judge: () => null }] },
  ])(hostOf(fleet, 'namorar'), true)(seen, ahead);
  return {
    limit: Number(desired.assigned[0]?.resource.id),
    held: desired.held.map(({ what, until }) => `${what}: ${until}`).filter(text => text.includes('message')),
  };
}

describe('the largest message that a relay accepts', () => {
  it.each([
    ['35M', 35776],
    ['', 35776],
    ['10M', 10176],
    ['36700160', 35776],
    ['35840K', 35776],
  ])('fits a hand-made gateway with %s that is not changed', (limit, expected) => {
    expect(limitOf({ carinho: byHand('carinho', limit) }, false)).toEqual({
      limit: expected,
      held: [`a message of more than ${expected}K: carinho is changed as well`],
    });
  });
  it('is the one of the inventory if it is not less', () => {
    for (const limit of ['36M', '1G', '36864K'])
      expect(limitOf({ carinho: byHand('carinho', limit) }, false)).toEqual({ limit: WANTED, held: [] });
    expect(limitOf({}, false)).toEqual({ limit: WANTED, held: [] });
  });
  it('fits a hand-made workstation as well', () =>
    expect(limitOf({ mimando: byHand('mimando', '35M') }, false)).toEqual({
      limit: 35776,
      held: ['a message of more than 35776K: mimando is changed as well'],
    }));
  it('grows only after the gateway has changed in the same run', () => {
    expect(limitOf({ carinho: byHand('carinho', '35M') })).toEqual({ limit: 35776, held: [] });
    expect(limitOf({ carinho: byHand('carinho', '35M') }, true, true)).toEqual({ limit: WANTED, held: [] });
  });
  it('does not depend on a host that takes no mail yet', () =>
    expect(limitOf({ carinho: 'listen on socket\n', mimando: 'listen on socket\n' })).toMatchObject({ limit: WANTED }));
  it('stays as it is while the gateway cannot be asked', () => {
    expect(limitOf({ carinho: null })).toEqual({ limit: WANTED, held: [] });
    expect(limitOf({ carinho: null, namorar: 'listen on socket\n' })).toEqual({ limit: WANTED, held: [] });
    expect(limitOf({ carinho: null, namorar: byHand('namorar', '35M') })).toEqual({
      limit: 35840,
      held: ['a message of more than 35840K: carinho is changed as well'],
    });
  });
});
