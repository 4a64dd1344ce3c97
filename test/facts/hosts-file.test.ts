import { expect, test } from 'vitest';
import { addressOfName, parseHostsFile } from '../../src/facts/hosts-file.ts';

const FILE = '127.0.0.1\tlocalhost\n# 10.0.0.1 not\n\n10.0.0.2 a.lan a # b.lan\n  10.0.0.3\ta.lan\n10.0.0.4\n';

test('a name has the address of the first line that has it; comments have none', () => {
  const lines = parseHostsFile(FILE);
  expect(lines.map(({ address, names }) => [address, ...names])).toEqual([
    ['127.0.0.1', 'localhost'],
    ['10.0.0.2', 'a.lan', 'a'],
    ['10.0.0.3', 'a.lan'],
  ]);
  expect(['a.lan', 'a', 'b.lan', 'not'].map(name => addressOfName(name, lines))).toEqual([
    '10.0.0.2',
    '10.0.0.2',
    undefined,
    undefined,
  ]);
});
