/** Lines of a table file as smtpd(8) reads them, against what mailtun finds in them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET_VALUE } from '../../src/facts/secret-value.ts';
import { pdksh } from '../hosts/shells.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailtun-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const found = (text: string, label = 'mailuser'): string => {
  writeFileSync(join(folder, 'secrets'), text);
  return execFileSync(
    pdksh[0] ?? '',
    ['-c', `${SECRET_VALUE}\nsecret_value "$1" "$2"`, 'sh', label, join(folder, 'secrets')],
    {
      encoding: 'utf8',
    },
  ).replace(/\n$/, '');
};

describe('the password of a label', () => {
  it.each([
    ['mailuser mailuser:secret', 'mailuser:secret'],
    ['mailuser\tmailuser:the password', 'mailuser:the password'],
    ['mailuser:the password', 'mailuser:the password'],
    ['mailuser:mailuser:the password', 'mailuser:the password'],
    ['mailuser: mailuser:secret', 'mailuser:secret'],
    ['mailuser mailuser: secret', 'mailuser: secret'],
    ['mailuser mailuser:a:b:c', 'mailuser:a:b:c'],
    ['mailuser mailuser:#secret # no comment', 'mailuser:#secret # no comment'],
    ['mailuser mailuser:a\\tb\\\\c$d"e\'f', 'mailuser:a\\tb\\\\c$d"e\'f'],
    ['  \tmailuser mailuser:secret \t\r', 'mailuser:secret'],
    ['MailUser mailuser:Secret', 'mailuser:Secret'],
    ['mailuser other:secret', 'other:secret'],
    ['mailuser mailuser:old\nmailuser mailuser:new', 'mailuser:new'],
    ['#mailuser mailuser:old\nmailuser mailuser:new', 'mailuser:new'],
    ['mailuser mailuser:new\n  # mailuser mailuser:old', 'mailuser:new'],
    ['mailuser2 mailuser2:other\nmailuser mailuser:secret', 'mailuser:secret'],
    ['mailuser mailuser:no newline at the end', 'mailuser:no newline at the end'],
  ])('is in %j %j', (text, expected) => {
    expect(found(`${text}\n`)).toBe(expected);
    expect(found(text)).toBe(expected);
  });
  it.each([
    '',
    'mailuser',
    'mailuser:',
    'mailuser mailuser:',
    'mailuser : mailuser:secret',
    'mailuser :secret',
    '# @list\n',
  ])('does not exist in %j, which smtpd of some releases refuses', text => {
    expect(found(`${text}\n`)).toBe('');
  });
});
