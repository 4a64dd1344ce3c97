import { describe, expect, it } from 'vitest';
import { smtpdReplaced } from '../../src/checks/smtpd-replaced.ts';
import { answer, observing } from '../answers.ts';
import { fleet } from './machines.ts';

const problemsWith = (said: string) =>
  fleet.hosts.slice(0, 1).flatMap(host =>
    smtpdReplaced.problems({
      host,
      known: fact => observing([], { [smtpdReplaced.asks[0]?.name ?? '']: answer(said) }).get(fact),
    }),
  );

describe('the smtpd that runs', () => {
  it('the old one still runs after a patch', () => {
    expect(problemsWith('newer\n')).toMatchObject([
      { code: 'smtpd-replaced', host: 'namorar', remedy: expect.stringContaining('rcctl restart smtpd') },
    ]);
  });
  it('is the one that is installed', () => {
    expect(problemsWith('')).toEqual([]);
  });
});
