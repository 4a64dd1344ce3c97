import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { SMTPD_PROGRAM } from '../../src/facts/smtpd-program.ts';

const NOW = Math.floor(Date.now() / 1000);
const folder = mkdtempSync(join(tmpdir(), 'mailtun-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * The fact's own script over two files of these ages, in seconds since 1970; every file was changed just now.
 * @param patched when a patch was last installed; null for never.
 */
function asked(started: number | null, built: number, patched: number | null = null): boolean {
  const [stamp, program, patches] = [join(folder, 'stamp'), join(folder, 'program'), join(folder, 'patches')];
  rmSync(stamp, { force: true });
  rmSync(patches, { recursive: true, force: true });
  writeFileSync(program, '');
  utimesSync(program, built, built);
  if (patched !== null) {
    mkdirSync(patches);
    utimesSync(patches, patched, patched);
  }
  if (started !== null) {
    writeFileSync(stamp, 'daemon=/usr/sbin/smtpd\n');
    utimesSync(stamp, started, started);
  }
  const { stdout } = execaSync('/bin/sh', ['-c', SMTPD_PROGRAM.command.script, 'sh', stamp, program, patches]);
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

  it.each([
    ['was built before the start and installed after it, as syspatch does', 2_000_000, 3_000_000, true],
    ['was built and installed before the start', NOW + 1000, 3_000_000, false],
    ['was not patched since', 2_000_000, 1_500_000, false],
  ])('%s', (_, started, patched, expected) => {
    expect(asked(started, 1_000_000, patched)).toBe(expected);
  });
});
