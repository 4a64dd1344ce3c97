import { describe, expect, it } from 'vitest';
import { block } from '../../src/resources/block.ts';
import { lockingFlags } from '../../src/run/file-flags.ts';
import { plan } from '../../src/run/plan.ts';
import { observing, plainFile } from '../answers.ts';

const hosts = block('/etc/hosts', () => ['::2 far']);
const planned = (text: string, flags: readonly string[]) =>
  plan([{ task: 'hosts-file', resource: hosts }], observing([plainFile('/etc/hosts', text, { flags })]), new Map());

describe('flags of chflags(1)', () => {
  it.each([
    ['0', []],
    ['1', []],
    ['65536', []],
    ['2', ['uchg']],
    ['131072', ['schg']],
    ['262149', ['uappnd', 'sappnd']],
  ])('are known by the number that stat(1) prints: %s', (number, names) => {
    expect(lockingFlags(number)).toEqual(names);
  });

  it('stop a run before anything is changed, where they lock a file that it has to change', () => {
    const { changes, failures } = planned('127.0.0.1 localhost\n', ['schg']);
    expect(changes).toEqual([]);
    expect(failures.map(({ what, remedy }) => [what, remedy])).toEqual([
      [
        '/etc/hosts has to be changed and has the flag schg',
        'chflags noschg /etc/hosts (in single-user mode if kern.securelevel is above 0), and run again; afterwards the flag can be set again',
      ],
    ]);
  });

  it('do not matter for a file that is as it should be', () => {
    const { changes, failures } = planned('# mailtun: begin\n::2 far\n# mailtun: end\n', ['uchg', 'sappnd']);
    expect([changes, failures]).toEqual([[], []]);
  });
});
