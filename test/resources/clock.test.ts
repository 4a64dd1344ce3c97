import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { clockWithout } from '../../src/facts/clock.ts';
import { clock } from '../../src/resources/clock.ts';
import { script } from '../../src/run/quoting.ts';
import { answer, observing, world } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const DAY = 86_400;
const now = Date.parse('2026-11-28T08:00:00Z') / 1000;
const judged = (seconds: number) => () =>
  clock('namorar', ['/etc/ssl/private/mx1.ssc']).judge(
    observing([], { [clockWithout(['/etc/ssl/private/mx1.ssc']).name]: answer(`${seconds} 2026 Nov 28 08:00:00\n`) }),
    world({}, [], now * 1000),
  );

describe('the clock by which a host makes certificates', () => {
  it.each([
    ['right', now],
    ['an hour behind', now - 3600],
    ['a day ahead', now + DAY],
  ])('may be %s', (_, seconds) => {
    expect(judged(seconds)()).toBeNull();
  });

  it.each([
    ['at the beginning of 1970', 60, 'Thu, 01 Jan 1970 00:01:00 GMT'],
    ['two days behind', now - 2 * DAY, 'Thu, 26 Nov 2026 08:00:00 GMT'],
    ['two days ahead', now + 2 * DAY, 'Mon, 30 Nov 2026 08:00:00 GMT'],
  ])('is named before anything is changed where it is %s', (_, seconds, says) => {
    expect(judged(seconds)).toThrow(`its clock says ${says}: a certificate that it makes now would have wrong dates`);
  });

  it.each(pdksh)('is not asked where all of them exist, under %s', shell => {
    const asked = (...paths: readonly string[]) => {
      const { command, parse } = clockWithout(paths);
      const text = script(`asked() {\n${command.script}\n}\nasked "$@"`, ...command.args);
      return parse(
        answer(execFileSync(shell, ['-c', text], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })),
      );
    };
    expect(asked('/bin/sh', '/bin/ls')).toBeNull();
    expect(Math.abs((asked('/bin/sh', '/nowhere')?.now ?? 0) - Date.now() / 1000)).toBeLessThan(DAY);
  });
});
