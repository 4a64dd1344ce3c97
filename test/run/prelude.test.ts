import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

describe.each(pdksh)('a daemon that is started under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  it('gets its usual limits, and rcctl its arguments and its exit status', async () => {
    host.program('rcctl', 'ulimit -S -c; echo "$#: $*"; exit 3');
    const before = await host.run('ulimit -H -c');
    const { exit, stdout } = await host.run('ulimit -S -c 0; _rcctl -f restart "a b"');
    expect([exit, stdout]).toEqual([3, `${before.stdout}3: -f restart a b\n`]);
    expect(before.stdout).not.toBe('0\n');
  });

  it('has a stamp, and a rc.conf.local, that everybody can read', async () => {
    host.program('rcctl', 'umask -S');
    const { stdout } = await host.run('umask 077; _rcctl restart smtpd; umask -S');
    expect(stdout).toBe('u=rwx,g=rx,o=rx\nu=rwx,g=,o=\n');
  });
});
