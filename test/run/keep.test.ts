import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, stageText } from '../../src/resources/file.ts';
import { script as scriptOf } from '../../src/run/quoting.ts';
import { restoring } from '../../src/run/restore.ts';
import { ROLLBACK } from '../../src/tasks/rollback.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const KEPT = 'var/db/mailtun/undo/RUN-1';
const put = (path: string, before: string | null, after: string): string =>
  `stage_texts ${path} 0644 root wheel ${sha256(after)} r '${after}' && put ${path} ${before === null ? 'missing' : sha256(before)}`;

const RESTORE = restoring(ROLLBACK);

describe.each(pdksh)('what a run replaces under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  const back = `${RESTORE}\nput_back /var/db/mailtun/undo/RUN-1`;

  it('is restored byte for byte, with its mode and its times', async () => {
    host.write('etc/hosts', 'old\n');
    const old = statSync(join(host.dir, 'etc/hosts'));
    await host.run(`sleep 1.1\n${put('/etc/hosts', 'old\n', 'new\n')}`);
    expect(host.read('etc/hosts')).toBe('new\n');
    expect((await host.run(back)).exit).toBe(0);
    const now = statSync(join(host.dir, 'etc/hosts'));
    expect([host.read('etc/hosts'), now.mode, Math.floor(now.mtimeMs / 1000)]).toEqual([
      'old\n',
      old.mode,
      Math.floor(old.mtimeMs / 1000),
    ]);
  });

  it('is kept as it was before the run, however often the run writes', async () => {
    host.write('etc/hosts', 'old\n');
    await host.run(`${put('/etc/hosts', 'old\n', 'new\n')}\n${put('/etc/hosts', 'new\n', 'newer\n')}`);
    expect(host.read(`${KEPT}/files${host.dir}/etc/hosts`)).toBe('old\n');
    expect(host.read(`${KEPT}/list`).trimEnd().split('\n')).toHaveLength(1);
  });

  it('is not restored from a copy that a power cut has emptied', async () => {
    host.write('etc/hosts', 'old\n');
    host.write('etc/other', 'old\n');
    await host.run(`${put('/etc/hosts', 'old\n', 'new\n')}\n${put('/etc/other', 'old\n', 'new\n')}`);
    host.write(`${KEPT}/files${host.dir}/etc/hosts`, '\0\0\0\0');
    const { exit, stderr } = await host.run(back);
    expect([exit, host.read('etc/hosts'), host.read('etc/other')]).toEqual([1, 'new\n', 'old\n']);
    expect(stderr).toContain('/etc/hosts: its kept copy was lost in a power cut; not restored');
  });

  it('is not replaced on a full disk, and the reason is reported', async () => {
    for (const path of ['/etc/new', '/etc/hosts']) {
      if (path === '/etc/hosts') host.write('etc/hosts', 'old\n');
      const { exit, stderr } = await host.run(`trap '' XFSZ; ulimit -f 0\nkeep ${path}`);
      expect(stderr).toContain(`${path}: its present state could not be kept in `);
      expect(exit).toBe(1);
    }
  });

  it('is kept as in the newest good copy if a power cut has emptied it', async () => {
    host.write('etc/hosts', 'old\n');
    await host.run(put('/etc/hosts', 'old\n', 'new\n'));
    await host.run(put('/etc/hosts', 'new\n', 'newer\n'), 'RUN-2');
    host.write('etc/hosts', '\0'.repeat(6));
    expect((await host.run('newest_kept /etc/hosts')).stdout).toBe(
      `${host.dir}/var/db/mailtun/undo/RUN-2/files${host.dir}/etc/hosts\n`,
    );
    await host.run(put('/etc/hosts', '\0'.repeat(6), 'again\n'), 'RUN-3');
    expect(host.read('etc/hosts')).toBe('again\n');
    expect(host.read(`var/db/mailtun/undo/RUN-3/files${host.dir}/etc/hosts`)).toBe('new\n');
  });

  it('has no good copy if it did not exist before the first run, and no entry if no run has changed it', async () => {
    await host.run(put('/etc/made', null, 'text'));
    host.write('etc/made', '\0'.repeat(4));
    host.write('etc/other', '\0'.repeat(4));
    expect((await host.run('newest_kept /etc/made')).stdout).toBe('/dev/null\n');
    expect((await host.run('newest_kept /etc/other')).exit).toBe(1);
  });

  it('is restored if its list contains NUL bytes', async () => {
    host.write('etc/hosts', 'old\n');
    host.write('etc/other', 'old\n');
    await host.run(put('/etc/hosts', 'old\n', 'new\n'));
    host.write(`${KEPT}/list`, `${host.read(`${KEPT}/list`)}${'\0'.repeat(20)}`);
    await host.run(put('/etc/other', 'old\n', 'new\n'));
    expect((await host.run(back)).exit).toBe(0);
    expect([host.read('etc/hosts'), host.read('etc/other')]).toEqual(['old\n', 'old\n']);
  });

  it('has its list unchanged during the restore, so that no power cut can damage it', async () => {
    host.write('etc/hosts', 'old\n');
    await host.run(put('/etc/hosts', 'old\n', 'new\n'));
    const list = join(host.dir, KEPT, 'list');
    const before = statSync(list);
    expect(
      (
        await host.run(
          `${RESTORE}\nkeep_likewise /var/db/mailtun/undo/RUN-1 /var/db/mailtun/taken\nput_back /var/db/mailtun/undo/RUN-1`,
        )
      ).exit,
    ).toBe(0);
    expect([statSync(list).ino, statSync(list).ctimeMs]).toEqual([before.ino, before.ctimeMs]);
  });

  it('may contain bytes that are not UTF-8', async () => {
    host.write('etc/hosts', 'old\n');
    const { script, args } = stageText(
      '/etc/hosts',
      { mode: '0644', owner: 'root', group: 'wheel' },
      'caf\udce9 \\0351\n',
    );
    await host.run(`${scriptOf(script, ...args)}\nplace /etc/hosts`);
    expect(readFileSync(join(host.dir, 'etc/hosts')).equals(Buffer.from('caf\xe9 \\0351\n', 'latin1'))).toBe(true);
  });

  it('is synced with its new text before anything is renamed', async () => {
    host.program('sync', 'cp DIR/etc/hosts DIR/seen; cp DIR/etc/hosts.mailtun.unfinished DIR/next');
    host.write('etc/hosts', 'old\n');
    await host.run(`stage_texts /etc/hosts 0644 root wheel ${sha256('new\n')} r 'new\n' && sync && place /etc/hosts`);
    expect([host.read('seen'), host.read('next'), host.read('etc/hosts')]).toEqual(['old\n', 'new\n', 'new\n']);
  });

  it('is kept permanently as it was before the first of all runs', async () => {
    host.write('etc/hosts', 'old\n');
    await host.run(put('/etc/hosts', 'old\n', 'new\n'));
    await host.run(put('/etc/hosts', 'new\n', 'newer\n'), 'RUN-2');
    expect(host.read(`var/db/mailtun/original/files${host.dir}/etc/hosts`)).toBe('old\n');
    expect(host.read(`var/db/mailtun/undo/RUN-2/files${host.dir}/etc/hosts`)).toBe('new\n');
  });

  it('has its mode and owner from the first byte, and one process computes the checksums of all new files', async () => {
    host.program('sha256', 'echo sha256 >>DIR/calls; shift; /usr/bin/sha256sum "$@" | cut -d " " -f 1');
    host.program('chown', 'echo "chown $1" >>DIR/calls');
    host.program('chmod', 'echo "chmod $1" >>DIR/calls; exec /bin/chmod "$@"');
    const wanted = [
      ['/etc/a', '0644', 'root', 'wheel'],
      ['/etc/b', '0600', 'root', 'wheel'],
      ['/etc/c', '0640', 'root', '_smtpd'],
      ['/etc/d', '0555', 'root', 'wheel'],
    ] as const;
    const words = wanted.map(([path, ...rest]) => [path, ...rest, sha256('text'), 'r', 'text'].join(' ')).join(' ');
    const modes = wanted.map(([path]) => `/usr/bin/stat -c %a ${path}.mailtun.unfinished`).join('\n');
    const { exit, stdout } = await host.run(`stage_texts ${words} || exit\n${modes}`);
    expect([exit, stdout]).toEqual([0, '644\n600\n640\n555\n']);
    expect(host.calls).toEqual(['chown root:_smtpd', 'chmod 0640', 'chmod 0555', 'sha256']);
  });

  it('is not staged if one of several new files is incomplete, which is named', async () => {
    const words = ['/etc/a', '/etc/b', '/etc/c'].map(
      path => `${path} 0644 root wheel ${path === '/etc/b' ? sha256('other') : sha256('text')} r text`,
    );
    const { exit, stderr } = await host.run(`stage_texts ${words.join(' ')}`);
    expect([exit, stderr]).toEqual([1, `${host.dir}/etc/b: could not be written completely; is the disk full?\n`]);
    expect(host.has('etc/b.mailtun.unfinished')).toBe(false);
  });

  it('is removed if there was nothing before, as is a directory with what was made in it', async () => {
    await host.run(`keep /etc/made && mkdir /etc/made\n${put('/etc/made/file', null, 'text')}`);
    expect(host.has('etc/made/file')).toBe(true);
    expect((await host.run(back)).exit).toBe(0);
    expect(host.has('etc/made')).toBe(false);
  });

  it('is not removed if it is a directory with files of somebody else', async () => {
    await host.run('keep /etc/made && mkdir /etc/made');
    host.write('etc/made/foreign', '');
    expect((await host.run(back)).exit).toBe(0);
    expect(host.has('etc/made/foreign')).toBe(true);
  });

  it('is not confused with another path that begins like it', async () => {
    host.write('etc/hosts.allow', 'a\n');
    host.write('etc/hosts', 'b\n');
    await host.run(`keep /etc/hosts.allow\nkeep /etc/hosts`);
    expect(host.read(`${KEPT}/files${host.dir}/etc/hosts`)).toBe('b\n');
  });

  it('is passed to the armed switch as well, if there is one', async () => {
    host.write('var/db/mailtun/armed/run', 'RUN-1\n');
    host.write('etc/hosts', 'old\n');
    await host.run(put('/etc/hosts', 'old\n', 'new\n'));
    expect(host.read(`var/db/mailtun/armed/files${host.dir}/etc/hosts`)).toBe('old\n');
  });

  it('is not restored if it is named as an exception', async () => {
    await host.run(`${put('/root/KEY_PRIVATE', null, 'secret')}\n${put('/etc/hosts', null, 'names')}`);
    await host.run(`${RESTORE}\nleave='/root/KEY_PRIVATE'\nput_back /var/db/mailtun/undo/RUN-1`);
    expect([host.has('root/KEY_PRIVATE'), host.has('etc/hosts')]).toEqual([true, false]);
  });

  it('is restored with the running state: services start again or stop, a new interface is removed', async () => {
    await host.run('keep_running service smtpd; keep_running interface wg0; keep_running service smtpd');
    expect(host.read(`${KEPT}/list`)).toBe('service smtpd running\ninterface wg0 absent\n');
    host.write('interfaces/wg0', 'wg0: flags=80c3<UP> mtu 1420\n');
    expect((await host.run(`${RESTORE}\nrun_as_kept /var/db/mailtun/undo/RUN-1`)).exit).toBe(0);
    expect(host.calls).toEqual([
      'ifconfig wg0 -wgpeerall',
      'ifconfig wg0 down',
      'ifconfig wg0 destroy',
      'rcctl -f restart smtpd',
    ]);
  });

  it('is asked once how a service runs, for all that keep it, and all keep a whole interface', async () => {
    host.write('stopped', '');
    host.write('interfaces/wg0', 'wg0: flags=80c3<UP> mtu 1420\n');
    await host.run('keep_running service smtpd; keep_running interface wg0');
    expect(host.read('checks')).toBe('\n');
    for (const kept of [KEPT, 'var/db/mailtun/original']) {
      expect(host.read(`${kept}/list`)).toBe('service smtpd stopped\ninterface wg0 present\n');
      expect(host.read(`${kept}/interface.wg0`)).toBe('wg0: flags=80c3<UP> mtu 1420\n');
    }
  });

  it('is not asked how a service runs if that is known, and only once for an interface that is not there', async () => {
    host.program('ifconfig', 'echo "ifconfig $*" >>DIR/calls; exit 1');
    await host.run('keep_running service smtpd stopped; keep_running interface wg0');
    expect([host.has('checks'), host.calls]).toEqual([false, ['ifconfig wg0']]);
    for (const kept of [KEPT, 'var/db/mailtun/original'])
      expect(host.read(`${kept}/list`)).toBe('service smtpd stopped\ninterface wg0 absent\n');
  });

  it('is kept likewise before it is undone, each thing with its own state', async () => {
    host.write('stopped', '');
    host.write('pf', 'Status: Disabled\n');
    host.write('interfaces/wg1', 'wg1: flags=80c3<UP> mtu 1420\n');
    await host.run(
      'keep_running interface wg0; keep_running interface wg1; keep_running service smtpd; keep_running pf rules',
    );
    const { exit } = await host.run(`${RESTORE}\nkeep_likewise /var/db/mailtun/undo/RUN-1 /var/db/mailtun/taken`);
    expect([exit, host.read('var/db/mailtun/taken/list')]).toEqual([0, host.read(`${KEPT}/list`)]);
    expect(host.read(`${KEPT}/list`)).toBe(
      'interface wg0 absent\ninterface wg1 present\nservice smtpd stopped\npf rules disabled\n',
    );
    expect(host.read('var/db/mailtun/taken/interface.wg1')).toBe('wg1: flags=80c3<UP> mtu 1420\n');
  });

  it('is restored with a service stopped if it was stopped', async () => {
    host.write('stopped', '');
    await host.run('keep_running service smtpd');
    await host.run(`${RESTORE}\nrun_as_kept /var/db/mailtun/undo/RUN-1`);
    expect(host.calls).toEqual(['rcctl stop smtpd']);
  });

  it('is restored with the old rules of pf, which is disabled if it was', async () => {
    host.write('pf', 'Status: Disabled\n');
    await host.run('keep_running pf rules');
    host.write('pf', 'Status: Enabled for 0 days\n');
    await host.run(`${RESTORE}\nrun_as_kept /var/db/mailtun/undo/RUN-1`);
    expect(host.calls).toEqual([
      'pfctl -q -a mailtun -F rules',
      `pfctl -nf ${host.dir}/etc/pf.conf`,
      `pfctl -q -f ${host.dir}/etc/pf.conf`,
      'pfctl -q -d',
    ]);
  });
});
