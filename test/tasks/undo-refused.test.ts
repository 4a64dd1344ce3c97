import { describe, expect, it } from 'vitest';
import { KEPT_REFUSED } from '../../src/facts/kept-refused.ts';
import { refusedBySmtpd } from '../../src/tasks/undo-refused.ts';
import { answer, observing } from '../answers.ts';

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
