import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { keptRoutes, routeLine, routeMoves, type TunnelRoute } from '../../src/resources/wg-routes.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, observing, plainFile } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const WANTED: TunnelRoute = { prefix: '2001:db8:6969::2/128', via: '2001:db8:c1da::1' };
const running = (...routes: readonly (readonly [to: string, by: string, on: string])[]) =>
  routes.map(([to, by, on]) => `${to}   ${by}   UGHS   0   0   -   8 ${on}\n`).join('');
const OURS = ['2001:db8:6969::2', '2001:db8:c1da::1', 'wg0'] as const;
const movesOf = (wanted: readonly TunnelRoute[], table: string, file = '', lost: readonly string[] = []) =>
  routeMoves(
    'wg0',
    wanted,
    observing([plainFile('/etc/hostname.wg0', file)], { 'routes of wg0': answer(table) }),
    lost,
  );
const moves = (...of: Parameters<typeof movesOf>) =>
  movesOf(...of).map(move => `${move.why}: ${move.command.args.join(' ')}`);

describe('routes into the tunnel', () => {
  test('are added if the kernel has none', () => {
    expect(moves([WANTED], '')).toEqual([
      'no route to 2001:db8:6969::2/128: add -inet6 2001:db8:6969::2/128 2001:db8:c1da::1',
    ]);
    expect(moves([WANTED], running(OURS), routeLine(WANTED))).toEqual([]);
  });
  test('are removed while the file still has them and nothing needs them', () => {
    const gone = 'stale route to 2001:db8:6969::2/128: delete -inet6 2001:db8:6969::2/128 2001:db8:c1da::1';
    expect(moves([], running(OURS), routeLine(WANTED))).toEqual([gone]);
    expect(moves([], '', routeLine(WANTED))).toEqual([]);
    // Not a line of ours.
    expect(moves([], running(OURS), '!route add -inet6 2001:db8:6969::2/128 2001:db8:c1da::1')).toEqual([]);
  });
  test('change to another far end', () => {
    const other = { ...WANTED, via: '2001:db8:c1da::9' };
    expect(moves([other], running(OURS)).map(one => one.split(':')[0])).toEqual([
      'stale route to 2001',
      'no route to 2001',
    ]);
  });
  test('do not replace those of the admin', () => {
    expect(() => moves([WANTED], running(['2001:db8:6969::2', '2001:db8::1', 'vio0']))).toThrow(
      'there is a route to 2001:db8:6969::2/128 via 2001:db8::1 on vio0',
    );
  });
});

describe('routes whose interface loses its address, or goes, and takes them along', () => {
  const added = 'no route to 2001:db8:6969::2/128: add -inet6 2001:db8:6969::2/128 2001:db8:c1da::1';
  test('are added again', () => {
    expect(moves([WANTED], running(OURS), routeLine(WANTED), ['wg0'])).toEqual([added]);
    expect(moves([WANTED], running(['2001:db8:6969::2', '2001:db8:c1da::1', 'wg1']), '', ['wg1'])).toEqual([added]);
  });
  test('are kept before that, behind their interfaces, so that they are restored after these', () => {
    const [keeping] = keptRoutes(['wg1', 'wg0'], movesOf([WANTED], running(OURS), '', ['wg1', 'wg0']));
    const { stdout } = execaSync('/bin/sh', [
      '-c',
      `keep_running() { echo "$*"; }\n${script(keeping?.command.script ?? '', ...(keeping?.command.args ?? []))}`,
    ]);
    expect(stdout).toBe('interface wg1\ninterface wg0\nroute 2001:db8:6969::2/128@2001:db8:c1da::1');
    expect(keptRoutes([], movesOf([WANTED], ''))).toEqual([]);
  });
  test.each(pdksh)('are changed by %s if they are not yet as they should be', shell => {
    const table = `netstat() { printf '%s\\n' '2001:db8:6969::2   2001:db8:c1da::1   UGHS  0 0 - 8 wg0'; }`;
    const [add] = movesOf([WANTED], '');
    const [, remove] = [add, movesOf([], running(OURS), routeLine(WANTED))[0]];
    const status = (move: typeof add, functions: string): number | undefined => {
      const text = `keep_running() { :; }\n${functions}\n${script(move?.command.script ?? '', ...(move?.command.args ?? []))}`;
      return execaSync(shell, ['-c', text], { reject: false }).exitCode;
    };
    expect(status(add, 'route() { :; }')).toBe(0);
    expect(status(add, `route() { return 1; }\n${table}`)).toBe(0);
    expect(status(add, 'route() { return 1; }\nnetstat() { :; }')).toBe(1);
    expect(status(remove, 'route() { return 1; }\nnetstat() { :; }')).toBe(0);
    expect(status(remove, `route() { return 1; }\n${table}`)).toBe(1);
  });
});
