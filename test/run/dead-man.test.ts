import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftovers, leftoversSection } from '../../src/run/leftovers.ts';
import { DEAD_MAN } from '../../src/tasks/rollback.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const { functions, arm, disarm, recover, revert } = DEAD_MAN;

const STATE = 'var/db/mailtun';
const PEER = 'IvqHEIqR8qPbrzg1a5vSzB4ZKGGAv2SRl1VqFj6lbGo=';
const shaken = (seconds: number): string =>
  `wg0: flags=80c3<UP> mtu 1420\n\twgpeer ${PEER}\n\t\tlast handshake: ${seconds} seconds ago\n`;

/** Whether there is a process, and not only what its parent has not asked for yet. */
function isRunning(pid: string): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(pdksh)('the dead-man switch under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
    host.write('etc/pf.conf', 'old');
  });
  afterEach(() => host.remove());

  const gone = async (path: string, seconds: number): Promise<boolean> => {
    for (let tries = seconds * 10; tries > 0 && host.has(path); tries--) await delay(100);
    return !host.has(path);
  };
  /** It tells of it last of all. */
  const toldOfIt = async (): Promise<boolean> => {
    for (let tries = 100; tries > 0 && !host.has(`${STATE}/reverted`); tries--) await delay(100);
    return host.has(`${STATE}/reverted`);
  };
  const change = 'keep /etc/pf.conf && print -rn new >/etc/pf.conf';
  const asked = async (text = leftoversSection(true).script) =>
    leftovers(answer((await host.run(text, 'RUN-2')).stdout));

  it('rolls the host back by itself without a confirmation, after the session has ended', async () => {
    expect((await host.run(`( ${arm(3).script} )\n${change}`)).exit).toBe(0);
    expect(host.read('etc/pf.conf')).toBe('new');
    expect(await gone(`${STATE}/armed`, 10)).toBe(true);
    expect(await gone(`${STATE}/ending-revert`, 10)).toBe(true);
    expect(host.read('etc/pf.conf')).toBe('old');
    expect(await toldOfIt()).toBe(true);
  });

  it('leaves a record of it, which the next run reports once', async () => {
    await host.run(`( ${arm(3).script} )\n${change}`);
    expect(await toldOfIt()).toBe(true);
    expect((await asked()).reverted).toEqual([
      expect.stringMatching(/^\d{4}-\S+Z rolled back the unconfirmed change of jay@desk$/),
    ]);
    expect((await asked()).reverted).toEqual([]);
    expect(host.calls).toContainEqual(expect.stringContaining('logger -p daemon.notice -t mailtun rolled back'));
  });

  it('rolls nothing back if it is disarmed in time', async () => {
    await host.run(`( ${arm(60).script} )\n${change}`);
    const [timer = ''] = host.read(`${STATE}/armed/timer`).split(' ');
    expect(isRunning(timer)).toBe(true);
    await host.run(disarm.script);
    for (let tries = 200; tries > 0 && isRunning(timer); tries--) await delay(100);
    expect([isRunning(timer), host.read('etc/pf.conf')]).toEqual([false, 'new']);
    expect((await asked()).unended).toBe(false);
  });

  it('cannot be disarmed when the host has rolled back by itself', async () => {
    const { exit, stderr } = await host.run(disarm.script);
    expect([exit, stderr.trim()]).toEqual([1, 'too late: the host has already rolled back']);
  });

  it('can be told to roll back at once; the second time it reports that nothing is armed', async () => {
    await host.run(`( ${arm(30).script} )\n${change}`);
    expect((await host.run(revert.script)).exit).toBe(0);
    expect(host.read('etc/pf.conf')).toBe('old');
    expect((await host.run(revert.script)).exit).toBe(3);
  });

  it('of one run does not end that of another, however late it is', async () => {
    const hangs = `: >${host.dir}/asked; until [ -e ${host.dir}/next ]; do sleep 0.1; done; return 1`;
    const slow = `${functions}\nswitch_works() { ${hangs}; }\nexpire`;
    const staged = `: >${host.dir}/${STATE}/armed/staged; : >${host.dir}/${STATE}/armed/switched`;
    await host.run(`${functions}\nopen_switch; ${staged}`);
    const verdict = host.run(slow, 'RUN-2');
    for (let tries = 200; tries > 0 && !host.has('asked'); tries--) await delay(100);
    await host.run(`${functions}\n_end settle`);
    await host.run(`${functions}\nopen_switch; ${staged}; : >${host.dir}/next`, 'RUN-3');
    await verdict;
    expect([host.has(`${STATE}/armed`), host.has(`${STATE}/reverted`)]).toEqual([true, false]);
    expect((await host.run(revert.script, 'RUN-3')).exit).toBe(0);
  });

  it('is not armed twice', async () => {
    host.write(`${STATE}/ending-revert/list`, '');
    const { exit, stderr } = await host.run(arm(1).script);
    expect([exit, stderr]).toEqual([1, expect.stringContaining('there is a dead-man switch already')]);
  });

  it('whose timer died with the host is completed by the next run', async () => {
    await host.run(`${functions}\nopen_switch\n${change}`);
    host.write(`${STATE}/armed/timer`, '999999 0 Thu Jan 1 00:00:00 1970\n');
    expect((await asked()).unended).toBe(true);
    expect((await host.run(recover.script, 'RUN-2')).exit).toBe(0);
    expect(host.read('etc/pf.conf')).toBe('old');
    expect((await asked()).unended).toBe(false);
  });

  it('whose end was interrupted is completed by the next run as it was decided', async () => {
    host.write(`${STATE}/ending-keep/list`, `replaced ${host.dir}/etc/pf.conf\n`);
    host.write(`${STATE}/ending-keep/files${host.dir}/etc/pf.conf`, 'older');
    expect((await host.run(recover.script)).exit).toBe(0);
    expect([host.read('etc/pf.conf'), (await asked()).unended]).toEqual(['old', false]);
  });

  it('that cannot roll everything back is tried once more, and blocks no run after that', async () => {
    host.write(`${STATE}/ending-revert/list`, `replaced ${host.dir}/etc/pf.conf\nreplaced ${host.dir}/etc/lost\n`);
    host.write(`${STATE}/ending-revert/files${host.dir}/etc/pf.conf`, 'older');
    // As a power cut leaves a copy.
    host.write(`${STATE}/ending-revert/files${host.dir}/etc/lost`, '\0\0\0');
    const first = await host.run(recover.script);
    expect([first.exit, host.read('etc/pf.conf'), (await asked()).unended]).toEqual([1, 'older', true]);
    expect(first.stderr).toContain('its kept copy was lost in a power cut');
    expect((await host.run(recover.script, 'RUN-2')).exit).toBe(0);
    expect([(await asked()).unended, host.has(`${STATE}/unended/files${host.dir}/etc/lost`)]).toEqual([false, true]);
  });

  it('whose timer is completing it is left to that timer', async () => {
    await host.run(`${functions}\nput_back() { sleep 2; : >${host.dir}/put-back; }\n( arm 1 )`);
    for (let tries = 50; tries > 0 && !host.has(`${STATE}/ending-revert`); tries--) await delay(100);
    expect((await host.run(recover.script, 'RUN-2')).exit).toBe(0);
    expect([host.has('put-back'), host.has(`${STATE}/ending-revert`)]).toEqual([true, false]);
  });

  it('confirms a tunnel by a handshake younger than the change, and starts one until it has happened', async () => {
    host.write('interfaces/wg0', shaken(100));
    host.write('answers', '');
    const comes = `echo called >>DIR/calls; sed -i 's/handshake: .*/handshake: 0 seconds ago/' DIR/interfaces/wg0`;
    host.program('handshake', comes);
    const verify = (...words: readonly string[]) =>
      `${functions}\n[ -d ${host.dir}/${STATE}/armed ] || open_switch\nverify_tunnel wg0 2001:db8:c1da::1 ${PEER} ${words.join(' ')}`.replace(
        'SECONDS + 12',
        'SECONDS + 4',
      );
    const { exit, stderr } = await host.run(verify());
    expect([exit, stderr]).toEqual([1, expect.stringContaining('has had no handshake')]);
    expect((await host.run(verify('handshake'))).exit).toBe(0);
    expect(host.calls).toEqual(['called']);
  });

  describe('under which a host has paused outgoing mail', () => {
    const HELD = 'var/run/mailtun.held';
    const { hold, release } = DEAD_MAN;
    const held = (text: string): string => `( ${arm(3).script} )\n( ${hold.script} )\n${text}`;
    beforeEach(() =>
      host.program(
        'smtpctl',
        `case "$*" in
        'pause mta') [ ! -e DIR/paused ] && : >DIR/paused;;
        'resume mta') [ -e DIR/paused ] && rm DIR/paused;;
        'show status') [ ! -e DIR/paused ] || echo MTA paused;;
        esac`,
      ),
    );

    it('resumes it without a confirmation', async () => {
      await host.run(held(change));
      expect(host.has('paused')).toBe(true);
      expect(await gone(`${STATE}/armed`, 10)).toBe(true);
      expect(await gone('paused', 10)).toBe(true);
      expect([host.read('etc/pf.conf'), await gone(HELD, 5), await toldOfIt()]).toEqual(['old', true, true]);
    });

    it('resumes it when it is rolled back at once', async () => {
      await host.run(held(`${change}\n( ${revert.script} )`));
      expect([host.has('paused'), host.has(HELD)]).toEqual([false, false]);
    });

    it('leaves it paused until the run has made the rest', async () => {
      await host.run(held(`${change}\n( ${disarm.script} )`));
      expect([host.has('paused'), (await asked()).held]).toEqual([true, true]);
      await host.run(release.script);
      expect([host.has('paused'), (await asked()).held]).toEqual([false, false]);
    });

    it('resumes it if that run died first', async () => {
      await host.run(held(`( ${disarm.script} )`).replaceAll('left=20', 'left=1'));
      expect(host.has('paused')).toBe(true);
      expect([await gone('paused', 5), await gone(HELD, 5)]).toEqual([true, true]);
    });

    it('has the next run resume it if the timer died as well', async () => {
      await host.run(hold.script);
      expect(await asked()).toMatchObject({ held: true, unended: false });
      expect((await host.run(recover.script, 'RUN-2')).exit).toBe(0);
      expect([host.has('paused'), (await asked()).held]).toEqual([false, false]);
    });

    it('does not end a pause by an admin', async () => {
      host.write('paused', '');
      await host.run(held(`( ${disarm.script} )\n( ${release.script} )`));
      expect([host.has('paused'), host.has(HELD)]).toEqual([true, false]);
    });
  });

  describe('of a key rotation', () => {
    const stage = `${functions}
open_switch
print 'wg0 2001:db8:c1da::1 ${PEER}' >/var/db/mailtun/armed/tunnels
print '/root/KEY_PRIVATE.next /root/KEY_PRIVATE /root/KEY_PRIVATE.old' >/var/db/mailtun/armed/staged
keep_running interface wg0`;
    const switched = `${stage}\n: >/var/db/mailtun/armed/switched`;
    beforeEach(() => {
      host.write('root/KEY_PRIVATE', 'old key');
      host.write('root/KEY_PRIVATE.next', 'new key');
      host.write('interfaces/wg0', shaken(0));
    });
    const keys = (): readonly (string | null)[] =>
      ['KEY_PRIVATE', 'KEY_PRIVATE.next', 'KEY_PRIVATE.old'].map(name =>
        host.has(`root/${name}`) ? host.read(`root/${name}`) : null,
      );

    it('removes what was prepared and never switched, and changes nothing that runs', async () => {
      await host.run(`${stage}\nexpire`);
      expect(keys()).toEqual(['old key', null, null]);
      expect(host.calls.filter(call => !call.startsWith('logger'))).toEqual([]);
    });

    it('keeps the new keys if the tunnel works with them', async () => {
      host.write('answers', '');
      await host.run(`${switched}\nexpire`);
      expect(keys()).toEqual(['new key', null, 'old key']);
      expect((await asked()).reverted[0]).toContain('the tunnel works with the new keys');
    });

    it('restores the old keys if the far end does not have the new ones', async () => {
      host.write('interfaces/wg0', 'wg0: flags=80c3<UP> mtu 1420\n');
      await host.run(`${switched}\nexpire`);
      expect(keys()).toEqual(['old key', null, null]);
      expect(host.calls).toContain('ifconfig wg0 -wgpeerall');
    });

    it('settles by renaming, and completes that if it was interrupted', async () => {
      await host.run(`${switched}\nmv /var/db/mailtun/armed /var/db/mailtun/ending-settle`);
      expect((await host.run(recover.script)).exit).toBe(0);
      expect(keys()).toEqual(['new key', null, 'old key']);
    });

    it.each([
      ['is older than the switch', 30],
      ['was before somebody set the clock back', -30],
    ])('does not accept a handshake that %s', async (_, seconds) => {
      host.write('answers', '');
      host.write('interfaces/wg0', shaken(seconds));
      const { exit, stderr } = await host.run(
        `${switched}\nverify_tunnel wg0 2001:db8:c1da::1 ${PEER}`.replace('SECONDS + 12', 'SECONDS + 1'),
      );
      expect([exit, stderr.trim()]).toEqual([
        1,
        `2001:db8:c1da::1 answers, but wg0 has had no handshake with ${PEER} since the change`,
      ]);
    });
  });
});
