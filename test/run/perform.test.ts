import { expect, it } from 'vitest';
import { stepFailure } from '../../src/run/perform.ts';
import { answer } from '../answers.ts';

const said = (stderr: string): string => stepFailure('carinho', 'writes it', answer('', 1, stderr)).what;

it('a failed step shows what the program said', () => {
  expect(said('one\ntwo\n')).toBe('writes it failed with exit status 1:\n  one\n  two');
  expect(said('')).toBe('writes it failed with exit status 1');
});

it('and of many lines the first ones, which name the cause, and the last ones', () => {
  const lines = ['/etc/mail/aliases:84 invalid map entry', '2', '3', '4', '5', '6', 'smtpd refuses the new file'];
  expect(said(`${lines.join('\n')}\n`).split('\n  ')).toEqual([
    'writes it failed with exit status 1:',
    ...['/etc/mail/aliases:84 invalid map entry', '2', '3', '…', '5', '6', 'smtpd refuses the new file'],
  ]);
});
