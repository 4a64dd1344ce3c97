import { expect, it } from 'vitest';
import { ADDRESSES, WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { spoolOf } from '../../src/facts/smtpd-queue.ts';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import type { ObservedHosts } from '../../src/run/desired.ts';
import { ALIASES, RECIPIENTS } from '../../src/tasks/aliases.ts';
import { SECRETS } from '../../src/tasks/credentials.ts';
import { emptiedBeside } from '../../src/tasks/emptied.ts';
import { CONF } from '../../src/tasks/in-force.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const fleet = fleetOf(article.replace('  namorar:\n', '  namorar:\n    retiring: true\n'));
const [relay, gateway] = [hostOf(fleet, 'namorar'), hostOf(fleet, 'carinho')];

/** The retiring relay, with so much in its queue. */
const having = (queue: string): ObservedHosts =>
  new Map([
    [
      relay.name,
      {
        observed: observing(
          [
            plainFile(CONF, smtpdConf(relay, fleet)),
            plainFile(RECIPIENTS, ''),
            plainFile(SECRETS, ''),
            plainFile(ALIASES, 'root: postmaster@example.com\n'),
            plainFile('/etc/hosts', ''),
          ],
          {
            'service smtpd': answer('enabled\nrunning\n'),
            [WAITING_MAIL.name]: answer(),
            [ADDRESSES.name]: answer(),
            [WG_INTERFACES.name]: answer(),
            [spoolOf([]).name]: answer(queue),
          },
        ),
        canChange: true,
      },
    ],
  ]);

const EMPTY = having('');
const BUSY = having('spool\n');

it('a retiring host whose queue is empty can be removed', () =>
  expect([...emptiedBeside(gateway, fleet, EMPTY, new Set())]).toEqual(['namorar']));

it('one that had mail earlier in the run is not recorded as empty in that run', () => {
  const busy = new Set<string>();
  const seen = [EMPTY, BUSY, EMPTY].map(hosts => emptiedBeside(gateway, fleet, hosts, busy).size);
  expect(seen).toEqual([1, 0, 0]);
});
