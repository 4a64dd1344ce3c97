/** A recipient moves from one workstation to another, and mail to it waits on their gateway: for which of the two, its action tells. */
import { describe, expect, it } from 'vitest';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { assign } from '../../src/run/task.ts';
import { nextHops } from '../../src/tasks/agreement.ts';
import { recipientsTable } from '../../src/tasks/aliases.ts';
import { namesFor } from '../../src/tasks/hosts-file.ts';
import { CONF, standingOf, standingQuestions } from '../../src/tasks/in-force.ts';
import { lastMoves } from '../../src/tasks/last-moves.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { smtpdConf } from '../../src/tasks/smtpd-conf.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { fleetOf, hostOf, severalStations } from './fleets.ts';

const before = fleetOf(
  severalStations.replace('ana: ana@desk, postmaster', 'ana: ana@desk, sala: sala@desk, postmaster'),
);
const wanted = fleetOf(
  severalStations.replace('ana: ana@desk, postmaster', 'ana: ana@mimando, sala: sala@desk, postmaster'),
);

/** A host as one of the inventories has it. @param waiting of the answer to WAITING_MAIL. */
function standing(host: Host, of: Fleet, waiting: string, smtpdState = 'enabled\nrunning\n') {
  const was = hostOf(of, host.name);
  const names = namesFor(was, of).map(({ address, name }) => `${address}\t${name}\n`);
  const questions = assign([smtpd], host, wanted).flatMap(({ resource }) => resource.questions);
  const observed = answering(
    [...questions, ...standingQuestions(host, wanted)],
    [
      plainFile(CONF, smtpdConf(was, of)),
      plainFile('/etc/hosts', `# mailtun: begin\n${names.join('')}# mailtun: end\n`),
      plainFile('/etc/mail/recipients', recipientsTable(was, of)),
    ],
    { 'service smtpd': answer(smtpdState), [WAITING_MAIL.name]: answer(waiting) },
  );
  return standingOf(host, wanted, observed);
}

/** Everybody but `desk` has changed, and the gateway unless it is `left`. */
function stands(waiting: string, smtpdState?: string, left?: 'left') {
  const of = ({ name }: Host): Fleet => (name === 'desk' || (left && name === 'carinho') ? before : wanted);
  return new Map(
    wanted.hosts.map(host => {
      const [mail, state] = host.name === 'carinho' ? [waiting, smtpdState] : [''];
      return [host.name, standing(host, of(host), mail, state)] as const;
    }),
  );
}

const desk = hostOf(wanted, 'desk');
const nextOf = (...state: Parameters<typeof stands>) => {
  const { hops, holds } = nextHops(desk, wanted, stands(...state), () => true);
  return { isTaken: hops.routes.has('ana@example.com'), until: holds.map(hold => hold.until) };
};
const HELD = { isTaken: true, until: ['no mail to it waits on carinho'] };

describe('the former workstation', () => {
  it('does not wait for mail that goes to the new one', () => {
    expect(nextOf('ana@example.com\tforward_to_mimando.lan\n')).toEqual({ isTaken: false, until: [] });
  });
  it.each([
    ['it', 'ana@example.com\tforward_to_desk.lan\n'],
    ['either', 'ana@example.com\tforward_to_mimando.lan\nana+a@example.com\tforward_to_desk.lan\n'],
    ['nobody knows whom', 'ana@example.com\n'],
    ['a name that smtpd.conf has no more', 'ana@example.com\tforward_to_study.lan\n'],
  ])('waits for mail that goes to %s', (_, waiting) => {
    expect(nextOf(waiting)).toEqual(HELD);
  });
  it('waits while smtpd runs with another smtpd.conf', () => {
    const { isTaken } = nextOf('ana@example.com\tforward_to_mimando.lan\n', `enabled\nrunning\n${CONF}\n`);
    expect(isTaken).toBe(true);
  });
  it('waits for what goes to it now, when --check works out what comes after the gateway has changed', () => {
    const now = stands('ana@example.com\tforward_to_desk.lan\n', undefined, 'left');
    const done = lastMoves(wanted, now, () => true);
    expect(done.get('carinho')?.hops.routes.get('ana@example.com')).toBe('mimando');
    expect(done.get('desk')?.hops.routes.has('ana@example.com')).toBe(true);
  });
});
