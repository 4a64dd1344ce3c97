import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUEUE } from '../../src/health/scripts.ts';
import { parseQueue, parseQueueTotal } from '../../src/openbsd/smtpctl-queue.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-scripts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the queue as a host reads it', () => {
  const mail = (created: number, to = 'bob@other.example', error = ''): string =>
    `8c5fa896e2244007|local|mta|auth|a@b.example|${to}|${to}|${created}|1798000000|0|1|pending|5|${error}`;
  const read = (lines: readonly string[]): string => {
    writeFileSync(join(folder, 'queue'), lines.map(line => `${line}\n`).join(''));
    writeFileSync(join(folder, 'smtpctl'), `#!/bin/sh\ncat ${folder}/queue\n`);
    chmodSync(join(folder, 'smtpctl'), 0o755);
    return execFileSync('/bin/sh', ['-c', QUEUE], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
  };

  it('has a total of all of it, though the last ones alone are read', () => {
    const lines = Array.from({ length: 2500 }, (_, index) => mail(1_795_330_000 - (index === 7 ? 99_999 : index)));
    const text = read(lines);
    expect(parseQueue(text)).toHaveLength(2000);
    expect(parseQueueTotal(text)).toEqual({ count: 2500, oldest: 1_795_230_001 });
  });
  it('finds the time behind bars and numbers in a local part', () => {
    const odd = 'a|1|2|3|4|pending|x@other.example';
    expect(parseQueueTotal(read([mail(1_795_330_000, odd, 'broken | pipe')]))).toEqual({
      count: 1,
      oldest: 1_795_330_000,
    });
  });
  it('is empty where nothing waits, and what is no envelope is not counted', () => {
    expect(parseQueueTotal(read([]))).toEqual({ count: 0, oldest: null });
    expect(parseQueueTotal(read(['smtpctl: something odd', mail(1_795_330_000)]))).toMatchObject({ count: 1 });
  });
});
