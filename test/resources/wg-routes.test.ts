import { describe, expect, test } from 'vitest';
import { routeLine, routeMoves, type TunnelRoute } from '../../src/resources/wg-routes.ts';
import { answer, observing, plainFile } from '../answers.ts';

const WANTED: TunnelRoute = { prefix: '2001:db8:6969::2/128', via: '2001:db8:c1da::1' };
const running = (...routes: readonly (readonly [to: string, by: string, on: string])[]) =>
  routes.map(([to, by, on]) => `${to}   ${by}   UGHS   0   0   -   8 ${on}\n`).join('');
const OURS = ['2001:db8:6969::2', '2001:db8:c1da::1', 'wg0'] as const;
const moves = (wanted: readonly TunnelRoute[], table: string, file = '') =>
  routeMoves('wg0', wanted, observing([plainFile('/etc/hostname.wg0', file)], { 'routes of wg0': answer(table) })).map(
    move => `${move.why}: ${move.command.args.join(' ')}`,
  );

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
