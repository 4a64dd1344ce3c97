/** What smtpd is asked before it is stopped, by a smtpctl(8) of the test's own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAUSE } from '../../src/tasks/smtpd-pause.ts';

/** @param smtpctl what it does; `$0.said` has what it was asked. */
function asked(smtpctl: string, ...call: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'pause-'));
  const program = join(folder, 'smtpctl');
  writeFileSync(program, `#!/bin/sh\necho "$*" >>"$0.said"\n${smtpctl}\n`);
  chmodSync(program, 0o755);
  execFileSync('/bin/sh', ['-c', [PAUSE, ...call].join('\n')], {
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  return readFileSync(`${program}.said`, 'utf8').trim().split('\n');
}

describe('smtpd that is to be stopped', () => {
  it('hands nothing more over, and ends what it has begun', () => {
    const busy = `[ "$2" != stats ] || { [ -e "$0.once" ] || echo mta.task.running=1; : >"$0.once"; echo mta.task.running=0; }`;
    expect(asked(busy, 'pause')).toEqual(['pause mta', 'pause mda', 'show stats', 'show stats']);
  });
  it('is not waited for where it delivers for longer', () => {
    const said = asked('[ "$2" != stats ] || echo mda.running=2', 'pause');
    expect(said.filter(line => line === 'show stats')).toHaveLength(20);
  });
  it('is stopped at once where smtpctl fails', () => expect(asked('exit 1', 'pause')).toEqual(['pause mta']));
  it('goes on where it is not stopped after all', () =>
    expect(asked(':', 'trap resume EXIT', 'pause', 'exit 0')).toEqual([
      'pause mta',
      'pause mda',
      'show stats',
      'resume mta',
      'resume mda',
    ]));
});
