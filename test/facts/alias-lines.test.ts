import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { GONE_MEMBERS, unreadableAlias } from '../../src/facts/alias-lines.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailtun-aliases-'));
mkdirSync(join(folder, 'etc/mail'), { recursive: true });
writeFileSync(
  join(folder, 'etc/passwd'),
  'root:*:0:0::/root:/bin/ksh\njay:*:1000:1000:Jay:/home/jay:/bin/ksh\n+:*::::\n',
);
// YP has yves; every other question about a user is one for whom it pays to start a process.
writeFileSync(join(folder, 'id'), `#!/bin/sh\necho "$2" >>${folder}/asked\n[ "$2" = yves ]\n`);
chmodSync(join(folder, 'id'), 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

/** Those without an account, as `LINE NAME MEMBER`, and about whom a program was asked, on a host with these aliases. */
function asked(shell: string, aliases: string | null, conf = '') {
  const files = { aliases, 'smtpd.conf': conf };
  for (const [name, text] of Object.entries(files)) {
    rmSync(join(folder, 'etc/mail', name), { force: true });
    if (text !== null) writeFileSync(join(folder, 'etc/mail', name), text);
  }
  writeFileSync(join(folder, 'asked'), '');
  const body = GONE_MEMBERS.command.script.replaceAll('/etc/', `${folder}/etc/`);
  const { stdout, stderr } = spawnSync(shell, ['-c', `ask() {\n${body}\n}\nask; cat ${folder}/asked >&2`], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  const gone = GONE_MEMBERS.parse(answer(stdout)).map(({ line, name, member }) => `${line} ${name} ${member}`);
  return { gone, asked: stderr.split('\n').filter(Boolean) };
}

describe.each(pdksh)('members of aliases without an account, asked by %s', shell => {
  test.each<[string, readonly string[]]>([
    ['staff: jay, kim', ['2 staff kim']],
    ['staff:kim,jay,ana', ['2 staff kim', '2 staff ana']],
    ['  Staff:\tkim', ['2 Staff kim']],
    ['staff kim', ['2 staff kim']],
    ['kim: kim, jay', ['2 kim kim']],
    ['list: all\nall: kim', ['3 all kim']],
    ['staff: jay, kim@example.org', []],
    ['list: all, jay\nall: root', []],
    ['jay: jay', []],
    ['staff: yves', []],
    ['# staff: kim', []],
    ['save: /home/kim/mbox', []],
    ['list: "|/usr/local/bin/list a, kim"', []],
    ['gone: error:550 kim has left', []],
    ['list: :include:/etc/mail/list', []],
    ['staff: Kim, kim+list, \\kim, *', []],
    ['staff: jay,, , root,', []],
    ['staff: jay # kim', []],
    ['', []],
  ])('%j', (line, gone) => {
    expect(asked(shell, `postmaster: root\n${line}\n`).gone).toEqual(gone);
    expect(asked(shell, `postmaster: root\n${line}`).gone).toEqual(gone);
  });
  it('cost no process where all have one', () => {
    const stock = 'MAILER-DAEMON: postmaster\npostmaster: root\n_smtpd: /dev/null\n# dumper:\nroot: jay\n';
    expect(asked(shell, stock)).toEqual({ gone: [], asked: [] });
  });
  it('are none without the file', () => expect(asked(shell, null)).toEqual({ gone: [], asked: [] }));
  it('are not known where an action has users of its own', () => {
    expect(asked(shell, 'staff: kim\n', 'action "in" maildir userbase <users> alias <aliases>\n').gone).toEqual([]);
  });
});

describe('a line with which smtpd does not start', () => {
  test.each([
    ['staff: jay,\n\tkim\n', 2, true],
    ['  staff\n', 1, false],
    ['staff:\n', 1, false],
    ['# x\n\nstaff: \t\n', 3, false],
    ['a: b\n[x y\n', 2, false],
    ['a: b\n[x]\n', 2, false],
    ['a: b\nstaff', 2, false],
  ])('%j', (text, line, isContinued) => expect(unreadableAlias(text)).toMatchObject({ line, isContinued }));

  test.each([
    '',
    'a: b',
    'a b\n',
    'staff : \n',
    '\ta: b\r\n',
    'a:b\n',
    '# a\n  # b\n \n',
    '[x]: b\n',
    'a: b,\n\tkim, ana\n',
    '\0\0\n',
  ])('none in %j', text => expect(unreadableAlias(text)).toBeNull());
});
