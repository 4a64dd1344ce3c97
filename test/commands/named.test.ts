import { expect, it } from 'vitest';
import { named } from '../../src/cli.ts';

it.each([
  ['provision', 'provision'],
  ['--json provision status', 'provision'],
  ['--host status provision', 'provision'],
  ['--host status --host doctor --json undo', 'undo'],
  ['--host=status render', 'render'],
  ['--concurrency 4 --verbose status', 'status'],
  ['provision --only status', 'provision'],
  ['-- status', 'status'],
  ['nosuch status', null],
  ['--host status', null],
  ['--json', null],
  ['--host', null],
  ['', null],
])('mailtun %s is the command %s', (words, command) => {
  expect(named(['node', 'mailtun', ...words.split(' ').filter(word => word !== '')])).toBe(command);
});
