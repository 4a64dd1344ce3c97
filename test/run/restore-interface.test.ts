import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restoring } from '../../src/run/restore.ts';
import { ROLLBACK } from '../../src/tasks/rollback.ts';
import { pdksh } from '../hosts/shells.ts';
import { recorded } from '../recordings.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

const recording = recorded('transcripts', 'netstart applied to a running interface keeps it as it is');
const RUNNING = recording.slice(recording.indexOf('wg0: '));
const [KEY, PEER] = ['C3aVjYSbX+xsfJ42p6pgEHvukjVrcSmeSBIrpZDgOAM=', 'A1DtRuncL6j1ClKtfr4CoKrU08k60dBjuPrMDPyuGEk='];

const RESTORE = restoring(ROLLBACK);

describe.each(pdksh)('a wg interface under %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
    host.write('saved', RUNNING);
    host.write('interfaces/wg0', RUNNING);
  });
  afterEach(() => host.remove());
  const restore = () => host.run(`${RESTORE}\nrestore_interface wg0 present ${host.dir}/saved`);

  it('gets its peers back in one command, with their last endpoints', async () => {
    expect(await restore()).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(host.calls).toEqual([
      'ifconfig wg0 -wgpeerall',
      'ifconfig wg0 up',
      `ifconfig wg0 wgport 6900 wgpeer ${PEER} wgpka 15 wgendpoint 192.0.2.25 6900 wgaip 2001:db8:c1da::2/128`,
    ]);
  });

  it('gets its secrets from netstart if there is a hostname.if', async () => {
    host.write('etc/hostname.wg0', '');
    await restore();
    expect(host.calls[1]).toBe('netstart wg0');
  });

  it('gets the key back that matches its former public key', async () => {
    host.write('interfaces/wg0', RUNNING.replace(KEY, PEER));
    host.write('root/KEY_PRIVATE', 'now\n');
    host.write('root/KEY_PRIVATE.old', 'before\n');
    const { exit, stderr } = await restore();
    expect(host.calls).toEqual(expect.arrayContaining(['ifconfig wg0 wgkey now', 'ifconfig wg0 wgkey before']));
    // The stand-in never changes what it shows, so the host says that it is not right yet.
    expect([exit, stderr]).toEqual([1, expect.stringContaining('wg0 was not restored completely')]);
  });

  const sharing = RUNNING.replace(`\twgpeer ${PEER}\n`, `\twgpeer ${PEER}\n\t\twgpsk (present)\n`);
  it('gets the preshared key back that it had before hostname.if(5) had it', async () => {
    host.write('saved', sharing);
    host.write('root/KEY_PRESHARED.carinho', 'secret\n');
    await restore();
    expect(host.calls).toContain(`ifconfig wg0 wgpeer ${PEER} wgpsk secret`);
  });

  it('loses a preshared key that hostname.if(5) still has', async () => {
    host.write('interfaces/wg0', sharing);
    await restore();
    expect(host.calls).toContain(`ifconfig wg0 wgpeer ${PEER} -wgpsk`);
  });

  it('gets no key of another interface if several share one', async () => {
    host.write('saved', sharing);
    for (const name of ['carinho', 'lar']) host.write(`root/KEY_PRESHARED.${name}`, 'secret\n');
    await restore();
    expect(host.calls.join()).not.toContain('wgpsk');
  });

  it('is not changed if its kept state is missing', async () => {
    expect((await host.run(`${RESTORE}\nrestore_interface wg0 present ${host.dir}/none`)).exit).toBe(0);
    expect(host.calls).toEqual([]);
  });

  it('loses peers and addresses that it did not have', async () => {
    const foreign = KEY.replace('C3', 'D4');
    host.write(
      'interfaces/wg0',
      `${RUNNING.replace('\tgroups', `\twgpeer ${foreign}\n\tgroups`).replace('prefixlen 64', 'prefixlen 48')}` +
        '\tinet 10.0.0.1 netmask 0xffffff00 broadcast 10.0.0.255\n',
    );
    await restore();
    expect(host.calls[2]).toContain(`ifconfig wg0 -wgpeer ${foreign} wgport`);
    expect(host.calls.slice(3)).toEqual([
      'ifconfig wg0 inet 10.0.0.1 delete',
      'ifconfig wg0 inet6 2001:db8:c1da::1 delete',
      'ifconfig wg0 inet6 2001:db8:c1da::1 prefixlen 64 alias',
    ]);
  });

  it('that was down becomes down again', async () => {
    host.write('saved', RUNNING.replace('UP,', ''));
    await restore();
    expect(host.calls[1]).toBe('ifconfig wg0 down');
  });

  it('that did not exist is removed', async () => {
    expect((await host.run(`${RESTORE}\nrestore_interface wg0 absent ${host.dir}/none`)).exit).toBe(0);
    expect(host.calls.at(-1)).toBe('ifconfig wg0 destroy');
  });
});
