import { expect, it } from 'vitest';
import { loading } from '../../src/commands/begin.ts';

it('deals with what has come in between two parts of the program', async () => {
  const order: string[] = [];
  const later = (what: string) => setImmediate(() => order.push(what));
  later('an answer');
  await loading(
    async () => {
      order.push('first part');
      later('another answer');
    },
    async () => {
      order.push('second part');
      later('the last answer');
    },
  );
  expect(order).toEqual(['an answer', 'first part', 'another answer', 'second part', 'the last answer']);
});
