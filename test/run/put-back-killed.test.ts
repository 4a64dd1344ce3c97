/** A put-back that is killed itself, at each of its commands: the next run ends it, and nothing is lost of what it kept. */
import { cpSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEAD_MAN } from '../../src/tasks/rollback.ts';
import { pdksh } from '../hosts/shells.ts';
import { recorded } from '../recordings.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const { functions, recover } = DEAD_MAN;
const STATE = 'var/db/mailtun';
const recording = recorded('transcripts', 'netstart applied to a running interface keeps it as it is');
const RUNNING = recording.slice(recording.indexOf('wg0: '));
const COMMANDS = ['cp', 'mv', 'rm', 'ifconfig', 'pfctl', 'sync'];

// Every program takes the group that it runs in along, the time that is written down in DIR/at; a whole folder goes in
// the worst of orders.
const COUNTING = (then: string): string => `
count=$(($(cat DIR/count 2>/dev/null || echo 0) + 1)); echo $count >DIR/count
if [ "$count" = "$(cat DIR/at 2>/dev/null)" ]; then
  [ "\${0##*/} $1" != 'rm -rf' ] || [ ! -d "$2" ] || find "$2" -type f ! -name list -delete
  kill -9 0
fi
${then}`;

/** A host with an interrupted change, which comes anew with each call of `again`. */
async function interrupted(shell: string): Promise<{ readonly host: Sandbox; readonly again: () => void }> {
  const host = sandbox(shell);
  host.write('etc/pf.conf', 'old');
  host.write('etc/hosts', 'old');
  host.write('interfaces/wg0', RUNNING);
  const change = `keep /etc/pf.conf && keep /etc/hosts && keep /etc/made &&
    keep_running interface wg0 && keep_running pf pf`;
  expect(await host.run(`${functions}\nopen_switch\n${change}`)).toMatchObject({ exit: 0, stderr: '' });
  host.write(`${STATE}/armed/timer`, '999999 0 Thu Jan 1 00:00:00 1970\n');
  for (const name of COMMANDS) {
    const own = host.has(`bin/${name}`) ? host.read(`bin/${name}`).replace(/^#!.*\n/, '') : `exec /bin/${name} "$@"`;
    host.program(name, COUNTING(own));
  }
  cpSync(`${host.dir}/${STATE}`, `${host.dir}/kept`, { recursive: true });
  const again = (): void => {
    rmSync(`${host.dir}/${STATE}`, { recursive: true, force: true });
    cpSync(`${host.dir}/kept`, `${host.dir}/${STATE}`, { recursive: true });
    for (const path of ['pf.conf', 'hosts', 'made']) host.write(`etc/${path}`, 'new');
    host.write('count', '0');
  };
  return { host, again };
}

const heal = (host: Sandbox, run: string) => host.run(`set -m\n( ${recover.script} )& wait $!`, run);

describe.each(pdksh)('a rollback under %s', shell => {
  it('is completed by the next run, wherever it was killed', async () => {
    const { host, again } = await interrupted(shell);
    again();
    expect(await heal(host, 'RUN-2')).toMatchObject({ exit: 0 });
    const commands = Number(host.read('count'));
    expect(commands).toBeGreaterThan(15);
    for (let at = 1; at <= commands; at += 1) {
      again();
      host.write('at', String(at));
      await heal(host, 'RUN-2');
      expect([at, await heal(host, 'RUN-3')]).toMatchObject([at, { exit: 0 }]);
      const texts = ['pf.conf', 'hosts'].map(path => host.read(`etc/${path}`));
      expect([at, ...texts, host.has('etc/made')]).toEqual([at, 'old', 'old', false]);
      const left = ['armed', 'ending-revert', 'unended'].filter(name => host.has(`${STATE}/${name}`));
      expect([at, left]).toEqual([at, []]);
    }
    expect(host.calls.filter(call => /destroy|wg0 down/.test(call))).toEqual([]);
    host.remove();
  });
});
