import { expect, test } from 'vitest';
import { remembered } from '../../src/run/remembered.ts';

test('a text is parsed once while it is among the last ones, even if the result is null', () => {
  const read: string[] = [];
  const length = remembered(text => {
    read.push(text);
    return text === '' ? null : text.length;
  });
  expect(['one', '', 'three', 'one', '', 'three'].map(length)).toEqual([3, null, 5, 3, null, 5]);
  expect(read).toEqual(['one', '', 'three']);
});

test('of many texts only the last used ones are kept', () => {
  const read: string[] = [];
  const same = remembered(text => {
    read.push(text);
    return text;
  });
  same('kept');
  for (let index = 0; index < 400; index += 1) {
    same(String(index));
    same('kept');
  }
  expect(read.filter(text => text === 'kept')).toHaveLength(1);
  read.length = 0;
  for (let index = 0; index < 400; index += 1) same(String(index));
  expect(read.length).toBeGreaterThan(370);
});
