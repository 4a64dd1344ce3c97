import { describe, expect, it } from 'vitest';
import { unreadQueue } from '../../src/checks/unread-queue.ts';
import { answer, observing } from '../answers.ts';
import { fleet } from './machines.ts';

const problemsWith = (said: string, ownLines: boolean) =>
  fleet.hosts.slice(0, 1).flatMap(host =>
    unreadQueue.problems({
      host: { ...host, ownLines },
      known: fact => observing([], { [unreadQueue.asks[0]?.name ?? '']: answer(said) }).get(fact),
    }),
  );

describe('queued mail, by the options of the queue', () => {
  it('is reported if its files differ from the options', () => {
    expect(problemsWith('2 plain\n', true)).toMatchObject([
      {
        code: 'mail-unreadable',
        host: 'namorar',
        what: 'smtpd on namorar does not read mail in its queue',
        remedy: expect.stringContaining('/etc/mail/smtpd.local.conf; rcctl restart smtpd'),
      },
    ]);
    expect(problemsWith('1 encrypted\n', false)[0]?.remedy).toContain('/etc/mail/smtpd.conf; ');
  });
  it('is not reported if smtpd reads it', () => {
    expect(problemsWith('', true)).toEqual([]);
  });
});
