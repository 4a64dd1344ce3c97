import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNREAD_MAIL } from '../../src/facts/queue-form.ts';
import { SPOOL } from '../../src/facts/smtpd-queue.ts';
import { READS_QUEUE } from '../../src/tasks/queue-options.ts';
import { answer } from '../answers.ts';
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

describe.each(pdksh)('queued mail, under %s', shell => {
  const run = (text: string) =>
    spawnSync(shell, ['-c', text.replaceAll(SPOOL, at('queue')).replaceAll('/etc/mail/', `${folder}/`)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', PATH: `${at('bin')}:${process.env.PATH}` },
    });
  const with_ = (options: string, conf = `include "${at('own')}"\n`): void => {
    writeFileSync(at('own'), options);
    writeFileSync(at('smtpd.conf'), `queue ttl 4d\n${conf}`);
  };
  const unread = () => UNREAD_MAIL.parse(answer(run(UNREAD_MAIL.command.script).stdout));
  const queue = (form: keyof typeof FORMS) => writeFileSync(at('queue/4a/4a3f0c11/4a3f0c11aa00bb11'), FORMS[form]);

  it.each([
    ['plain', '# queue compression\n\tqueue ttl 4d\n'],
    ['compressed', '  queue\tcompression # less room\n'],
    ['compressed', 'queue compression'],
    ['encrypted', 'queue encryption 0123456789abcdef0123456789abcdef\n'],
    ['encrypted', 'queue encryption 0123456789abcdef0123456789abcdef\nqueue compression\n'],
  ] as const)('as %s files is read with %j and with no other options', (form, options) => {
    with_(options);
    expect(unread()).toEqual([]);
    for (const one of ['plain', 'compressed', 'encrypted'] as const) {
      queue(one);
      const passed = one === form;
      expect(unread()).toEqual(passed ? [] : [{ form: one, count: 1 }]);
      const { status, stderr } = run(READS_QUEUE);
      expect([one, status]).toEqual([one, passed ? 0 : 1]);
      expect(stderr.includes(`mail is queued in ${one} files`)).toBe(!passed);
    }
  });

  it('is read with the options of smtpd.conf and of the files that it includes', () => {
    queue('compressed');
    with_('', 'queue compression\n');
    expect(unread()).toEqual([]);
    with_('queue compression\n', '');
    expect(unread()).toEqual([{ form: 'compressed', count: 1 }]);
  });

  it('is not checked before a restart if smtpd rejects its configuration', () => {
    queue('compressed');
    with_('');
    writeFileSync(at('refused'), '');
    expect(run(READS_QUEUE)).toMatchObject({ status: 1, stderr: '' });
  });
});
