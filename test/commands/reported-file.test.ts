import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readReported, writeReported } from '../../src/commands/reported-file.ts';

describe('the file of status --since', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailtun-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has what was last reported', async () => {
    const path = join(folder, 'since');
    expect(await readReported(path)).toEqual([]);
    const reported = [
      { host: 'namorar', what: 'smtpd is not running on namorar' },
      { host: 'Casa-2.lan', what: 'smtpd: /etc/mail/smtpd.conf differs' },
    ];
    await writeReported(path, reported);
    expect(await readReported(path)).toEqual(reported);
  });

  it('is written through no link that somebody has put into a folder such as /tmp', async () => {
    const [path, other] = [join(folder, 'since'), join(folder, 'other')];
    writeFileSync(other, 'theirs');
    symlinkSync(other, `${path}.new`);
    await writeReported(path, [{ host: 'namorar', what: 'smtpd is not running on namorar' }]);
    expect(readFileSync(other, 'utf8')).toBe('theirs');
    expect(await readReported(path)).toHaveLength(1);
  });

  it.each([
    ['an inventory', 'domain: example.com\nhosts:\n  namorar:\n    role: relay\n'],
    ['notes', 'mail for ana waits\n'],
  ])('is never %s', async (_, text) => {
    const path = join(folder, 'other');
    writeFileSync(path, text);
    await expect(readReported(path)).rejects.toThrow('was not written by status');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
