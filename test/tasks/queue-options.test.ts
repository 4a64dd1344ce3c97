import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SPOOL } from '../../src/facts/smtpd-queue.ts';
import { READS_QUEUE } from '../../src/tasks/queue-options.ts';
import { pdksh } from '../hosts/shells.ts';

let folder = '';
const at = (path: string): string => join(folder, path);
const ENVELOPE = 'version: 3\ndispatcher: deliver\n';
const FORMS = {
  plain: Buffer.from(ENVELOPE),
  compressed: gzipSync(ENVELOPE),
  encrypted: Buffer.concat([Buffer.of(1, 0, 7), Buffer.from('0a9fe200ff', 'hex')]),
} as const;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-queue-'));
  mkdirSync(at('bin'));
  mkdirSync(at('queue/4a/4a3f0c11'), { recursive: true });
  writeFileSync(at('bin/smtpd'), `#!/bin/sh\n[ ! -e ${folder}/refused ]\n`);
  chmodSync(at('bin/smtpd'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(pdksh)('what waits in the queue, under %s', shell => {
  const reads = (ownLines: string) => {
    writeFileSync(at('own'), ownLines);
    const env = { ...process.env, LC_ALL: 'C', PATH: `${at('bin')}:${process.env.PATH}` };
    const text = READS_QUEUE.replaceAll(SPOOL, at('queue'));
    return spawnSync(shell, ['-c', text, 'smtpd', at('own')], { encoding: 'utf8', env });
  };
  const queue = (form: keyof typeof FORMS) => writeFileSync(at('queue/4a/4a3f0c11/4a3f0c11aa00bb11'), FORMS[form]);

  it.each([
    ['plain', '# queue compression\n\tqueue ttl 4d\n'],
    ['compressed', '  queue\tcompression # less room\n'],
    ['encrypted', 'queue encryption 0123456789abcdef0123456789abcdef\n'],
    ['encrypted', 'queue encryption 0123456789abcdef0123456789abcdef\nqueue compression\n'],
  ] as const)('as %s files is read with %j and with no other options', (form, options) => {
    expect(reads(options).status).toBe(0);
    for (const one of ['plain', 'compressed', 'encrypted'] as const) {
      queue(one);
      const { status, stderr } = reads(options);
      expect([one, status]).toEqual([one, one === form ? 0 : 1]);
      expect(stderr.includes(`mail is queued in ${one} files`)).toBe(one !== form);
    }
  });

  it('is not looked at where smtpd refuses its configuration', () => {
    queue('plain');
    writeFileSync(at('refused'), '');
    expect(reads('')).toMatchObject({ status: 1, stderr: '' });
  });
});
