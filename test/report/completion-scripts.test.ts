import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bash, fish, korn, type ProgramWords, zsh } from '../../src/report/completion-scripts.ts';
import { runLabProgram } from '../lab-program.ts';

const words: ProgramWords = {
  program: 'mailtun',
  options: [{ long: '--json', value: null, summary: 'one document' }],
  commands: [
    {
      name: 'provision',
      summary: "make every host as it's wanted",
      options: [
        { long: '--check', value: null, summary: 'change nothing' },
        { long: '--only', value: 'TASK', summary: 'only this task [repeatable]' },
      ],
    },
    { name: 'render', summary: 'write files', options: [{ long: '--out', value: 'DIR', summary: 'where to' }] },
    { name: 'completion', summary: 'print this', options: [] },
  ],
};
const values = { TASK: ['smtpd', 'trust'], completion: ['ksh', 'bash'] };

/** What bash would offer behind these words, the last of them half typed. */
function offered(...line: readonly string[]): readonly string[] {
  const text = `${bash(words, values)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mailtun; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', text, 'bash', 'mailtun', ...line], { encoding: 'utf8', cwd: '/' })
    .split('\n')
    .filter(word => word !== '');
}

describe('in bash', () => {
  it.each([
    ['commands', [''], ['provision', 'render', 'completion']],
    ['the command begun', ['pro'], ['provision']],
    ['commands behind an option that may stand before them', ['--json', 'pro'], ['provision']],
    ['options before a command', ['-'], ['--json']],
    ['the options of a command behind others', ['--json', 'provision', '--c'], ['--check']],
    ['the options of the command', ['provision', '--'], ['--check', '--only']],
    ['tasks', ['provision', '--only', 's'], ['smtpd']],
    ['shells', ['completion', ''], ['ksh', 'bash']],
    ['files for an inventory', ['provision', 'et'], ['etc']],
    ['nothing that is not there', ['provision', '--x'], []],
  ])('%s are offered', (_, line, offer) => {
    expect(offered(...line)).toEqual(offer);
  });
});

describe("in OpenBSD's ksh", () => {
  it('the first word is a command, the others are options', () => {
    expect(korn(words)).toBe(`# mailtun: for ~/.kshrc
set -A complete_mailtun_1 -- provision render completion
set -A complete_mailtun -- --check --only --out
`);
  });
  it('the arrays are read by a shell of its family', () => {
    const text = `${korn(words)}\nprint -r -- "\${complete_mailtun_1[1]} \${complete_mailtun[2]}"`;
    expect(runLabProgram(['mksh', '-c', text]).stdout).toBe('render --out\n');
  });
});

describe('in zsh and fish', () => {
  it('apostrophes and brackets in a summary are quoted', () => {
    expect(zsh(words, values)).toContain(`'provision:make every host as it'\\''s wanted'`);
    expect(zsh(words, values)).toContain(`'*--only[only this task repeatable]:TASK:(smtpd trust)'`);
    expect(fish(words, values)).toContain(`-a provision -d 'make every host as it\\'s wanted'`);
    expect(fish(words, values)).toContain(`-l only -r -f -a 'smtpd trust' -d`);
  });
  it('zsh offers directories and files where an option needs one', () => {
    expect(zsh(words, values)).toContain(`'*--out[where to]:DIR:_files -/'`);
    const [render] = words.commands.filter(command => command.name === 'render');
    const since = { long: '--since', value: 'FILE', summary: 'then' };
    const text = zsh({ ...words, commands: render ? [{ ...render, options: [since] }] : [] }, values);
    expect(text).toContain(`'*--since[then]:FILE:_files'`);
  });
  it('zsh can read it', () => {
    expect(runLabProgram(['zsh', '-n'], zsh(words, values))).toEqual({ status: 0, stdout: '', stderr: '' });
  });
  it('fish can read it', () => {
    expect(runLabProgram(['fish', '--no-execute'], fish(words, values)).status).toBe(0);
  });
});
