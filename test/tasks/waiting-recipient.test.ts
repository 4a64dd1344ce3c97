/** A recipient is removed together with its workstation, or that becomes a relay, while mail for it waits on the gateway. */
import { describe, expect, it } from 'vitest';
import { WG_INTERFACES } from '../../src/facts/interfaces.ts';
import { spoolOf } from '../../src/facts/smtpd-queue.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { OWN_TUNNELS } from '../../src/resources/former-tunnels.ts';
import { plan } from '../../src/run/plan.ts';
import { assign } from '../../src/run/task.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { namesFor } from '../../src/tasks/hosts-file.ts';
import { CONF, standingQuestions } from '../../src/tasks/in-force.ts';
import { actionsIn } from '../../src/tasks/queue-needs.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { type Drawn, inventory, QUIET } from './drawn.ts';
import { hostOf } from './fleets.ts';

const WITH: Drawn = { ...QUIET, desk: 'workstation', recipients: [['ana', true]] };
const GONE: Drawn = { ...QUIET, desk: null };
const RELAY: Drawn = { ...QUIET, desk: 'relay' };
const NOW = 1_800_000_000;

/** `mail` waits on the gateway, with the age in seconds. */
function observedOn(host: Host, fleet: Fleet, old: Fleet, age: number) {
  const was = old.hosts.find(one => one.name === host.name);
  const conf = was ? smtpdConf(was, old) : '';
  const asked = [
    ...assign([smtpd], host, fleet).flatMap(({ resource }) => resource.questions),
    ...standingQuestions(host, fleet),
    WG_INTERFACES,
    OWN_TUNNELS,
  ];
  const names = was ? namesFor(was, old).map(({ address, name }) => `${address}\t${name}\n`) : [];
  const mail = ['mail', '8c5fa896e2244000', NOW - age, 'mta', 'forward_to_desk.lan', 'a@b.example', 'ana@example.com'];
  const spool = spoolOf(actionsIn(smtpdConf(host, fleet)).filter(name => !/^(relay_in|forward_to)_/.test(name))).name;
  return answering(
    asked,
    [
      plainFile(CONF, conf),
      plainFile('/etc/hosts', `# mailtun: begin\n${names.join('')}# mailtun: end\n`),
      plainFile('/etc/mail/recipients', ''),
    ],
    {
      'service smtpd': answer('enabled\nrunning\n'),
      ...(host.role === 'gateway'
        ? { [spool]: answer(`spool\ncount\t1\tforward_to_desk.lan\n${mail.join('\t')}\n`) }
        : {}),
    },
  );
}

function failureOf(edit: Drawn, age: number, ahead = false) {
  const [old, fleet] = [inventory(WITH), inventory(edit)];
  const seen = new Map(
    fleet.hosts.map(host => [host.name, { observed: observedOn(host, fleet, old, age), canChange: true }]),
  );
  const gateway = hostOf(fleet, 'carinho');
  const { assigned, held } = agreements(fleet, [smtpd])(gateway, true)(seen, ahead);
  const { failures, leaves } = plan(assigned, seen.get('carinho')?.observed as never, new Map(), { now: NOW * 1000 });
  return { what: failures[0]?.what, waits: held.some(({ what }) => what === 'smtpd.conf'), leaves };
}

const NAMED =
  '1 queued message needs an action that the new smtpd.conf would not have: "forward_to_desk.lan" (8c5fa896e2244000 from <a@b.example> to <ana@example.com>, 2 h old)';

describe.each([
  ['is removed as well', GONE],
  ['becomes a relay', RELAY],
])('its workstation %s', (_, edit) => {
  it('the run is refused before any host is changed, and the mail is named', () => {
    expect(failureOf(edit, 7300)).toMatchObject({ what: NAMED, waits: true });
  });
  it('--check and status say the same', () => {
    expect(failureOf(edit, 7300, true).what).toBe(NAMED);
  });
  it('mail that has only just come may still leave before the gateway is changed', () => {
    expect(failureOf(edit, 5)).toMatchObject({ what: undefined, waits: true });
  });
});

it('the removed workstation is cut off only in a later move, which needs leave before the first one', () => {
  expect(failureOf(GONE, 5)).toMatchObject({ waits: true, leaves: [] });
  expect(failureOf(GONE, 5, true).leaves).toEqual([
    expect.stringMatching(/^desk\.lan .* is no longer in the inventory/),
  ]);
});
