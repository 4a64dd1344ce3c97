import { describe, expect, it } from 'vitest';
import { connectionsTo } from '../../src/commands/connections.ts';
import { undoTarget } from '../../src/commands/undo-targets.ts';
import { KEPT_REFUSED } from '../../src/facts/kept-refused.ts';
import { MAIL_NAME } from '../../src/facts/mail-name.ts';
import type { Kept } from '../../src/run/kept.ts';
import { refusedBySmtpd, refusedWithoutName } from '../../src/tasks/undo-refused.ts';
import { answer, answering, observing } from '../answers.ts';
import { article, fleetOf, hostOf } from './fleets.ts';

const CONF = '/etc/mail/smtpd.conf';
const refused = (name: string, said: string, path = CONF) =>
  refusedBySmtpd(
    'mimando',
    { name, kept: [{ how: 'replaced', name: path, state: '' }], saved: new Map() },
    observing([], { [KEPT_REFUSED.name]: answer(said) }),
  );

describe('an undo to an smtpd.conf that smtpd refuses', () => {
  it('is refused, with what smtpd says and the copy to correct', () => {
    expect(refused('original', `refused original smtpd: ${CONF}:7: syntax error\n`)).toMatchObject({
      code: 'kept-file-refused',
      what: `smtpd -n refuses the old ${CONF}, kept as /var/db/mailtun/original/files${CONF}: smtpd: ${CONF}:7: syntax error`,
      remedy: expect.stringContaining(`smtpd -n -f /var/db/mailtun/original/files${CONF}`),
    });
    expect(refused('RUN-1', 'refused RUN-1 \n')?.what).toContain(`/var/db/mailtun/undo/RUN-1/files${CONF}`);
  });
  it('is not for the file of another run, or one that stays', () => {
    expect(refused('RUN-1', 'refused original x\n')).toBeNull();
    expect(refused('original', 'refused original x\n', '/etc/hosts')).toBeNull();
    expect(refused('original', '')).toBeNull();
  });
});

describe('an undo on a host that has no host name any more', () => {
  const conf: Kept = { how: 'replaced', name: CONF, state: '' };
  const smtpd = (state: string): Kept => ({ how: 'service', name: 'smtpd', state });
  const hosts: Kept = { how: 'replaced', name: '/etc/hosts', state: '' };
  const refusedFor = (said: string, ...kept: readonly Kept[]) =>
    refusedWithoutName(
      'mimando',
      { name: 'RUN-1', kept, saved: new Map() },
      observing([], { [MAIL_NAME.name]: answer(said) }),
    );

  it.each([
    ['smtpd ran before the run', [conf, smtpd('running')]],
    ['the run died before it restarted smtpd', [conf]],
    ['smtpd was only restarted', [smtpd('running')]],
  ])('is refused if %s, with what to do', (_, kept) => {
    expect(refusedFor('hostname \n', ...kept)).toMatchObject({
      code: 'host-name-invalid',
      what: expect.stringContaining('without one smtpd exits when it starts'),
      remedy: expect.stringContaining('/etc/myname'),
    });
  });
  it.each([
    ['smtpd is only stopped', 'hostname \n', [conf, smtpd('stopped')]],
    ['smtpd is not restarted', 'hostname \n', [hosts]],
    ['smtpd starts with the name, although others refuse it', 'mailname mail example.com\n', [conf, smtpd('running')]],
    ['there is a name', 'hostname mimando.lan\n', [conf, smtpd('running')]],
  ])('is not refused if %s', (_, said, kept) => expect(refusedFor(said, ...kept)).toBeNull());
  it('is refused before any host is restored: the question is among those of an undo', () => {
    const fleet = fleetOf(article);
    const { target, refusal } = undoTarget(hostOf(fleet, 'mimando'), fleet, connectionsTo(fleet, 'RUN-2'));
    const run = { name: 'RUN-1', kept: [conf, smtpd('running')], saved: new Map() };
    const observed = answering(target(() => run).asks ?? [], [], { [MAIL_NAME.name]: answer('hostname \n') });
    expect(refusal(run, observed, new Map())).toMatchObject({ code: 'host-name-invalid' });
  });
});
