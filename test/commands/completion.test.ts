import { describe, expect, it } from 'vitest';
import { completion, SHELLS, wordsOf } from '../../src/commands/completion.ts';
import { program } from '../../src/program.ts';

const mailtun = program(() => {});
function completionFor(shell: string): string {
  let said = '';
  completion(shell, mailtun, {
    out: text => {
      said += text;
    },
    err: () => {},
    interactive: false,
    confirm: async () => false,
    env: {},
    cwd: '/',
  });
  return said;
}

describe('completion', () => {
  it.each(SHELLS)('has every command and option in %s', shell => {
    const text = completionFor(shell);
    for (const { name, options } of wordsOf(mailtun).commands) {
      expect(text).toContain(name);
      for (const { long } of options) expect(text).toContain(shell === 'fish' ? ` -l ${long.slice(2)} ` : long);
    }
  });
  it.each(SHELLS.filter(shell => !/k?sh$/.test(shell) || shell === 'bash' || shell === 'zsh'))(
    'offers tasks in %s',
    shell => {
      expect(completionFor(shell)).toContain('packet-filter trust');
    },
  );
  it('for an unknown shell names the known ones', () => {
    expect(() => completionFor('tcsh')).toThrow('"tcsh" is not a known shell');
  });
});
