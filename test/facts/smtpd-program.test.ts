import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { SMTPD_PROGRAM } from '../../src/facts/smtpd-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The fact's own script over two files of these ages. */
function asked(started: number | null, built: number): boolean {
  const [stamp, program] = [join(folder, 'stamp'), join(folder, 'program')];
  rmSync(stamp, { force: true });
  writeFileSync(program, '');
  utimesSync(program, built, built);
  if (started !== null) {
    writeFileSync(stamp, 'daemon=/usr/sbin/smtpd\n');
    utimesSync(stamp, started, started);
  }
  const { stdout } = execaSync('/bin/sh', ['-c', SMTPD_PROGRAM.command.script, 'sh', stamp, program]);
  return SMTPD_PROGRAM.parse({ exit: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) }).isNewer;
}

describe("smtpd's program", () => {
  it.each([
    ['replaced after the start', 1_000_000, 2_000_000, true],
    ['as it was at the start', 2_000_000, 1_000_000, false],
    ['of a daemon that was never started by rc.d', null, 1_000_000, false],
  ])('%s', (_, started, built, expected) => {
    expect(asked(started, built)).toBe(expected);
  });
});
