import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { hostStatus } from '../../src/checks/host-status.ts';
import { judgeFleet } from '../../src/checks/judge.ts';
import { aliasFaults, GONE_MEMBERS } from '../../src/facts/alias-lines.ts';
import { fleet, machines, NOW } from './machines.ts';

/** Those with a kind were seen to be refused with 424 by smtpd 7.6 (findings/smtpd-defers-mail-of-old-aliases.sh). */
test.each([
  ['root: jay # the admin', 'comment'],
  ['root : jay', 'blank before the colon'],
  ['root: "jay"', 'quotes'],
  ['root: jay kim', 'words without a comma'],
  ['root:\tjay, kim@example.org', null],
  ['  root: jay', null],
  ['# root: "jay" # nobody', null],
  ['list: "|/usr/local/bin/list -n # 1"', null],
  ['list: |/usr/local/bin/list -n', null],
  ['save: /var/mail/save d', null],
  ['list: :include:/etc/mail/list one', null],
  ['', null],
])('%s', (line, kind) => {
  expect(aliasFaults(`\n${line}\n`).map(fault => [fault.line, fault.kind])).toEqual(kind === null ? [] : [[2, kind]]);
});

describe('an alias with a member who has no account', () => {
  const problems = (line: string, ...members: readonly string[]) => {
    const questions = { [GONE_MEMBERS.name]: members.map(member => `2 staff ${member}\n`).join('') };
    const all = machines({ mimando: { aliases: `# mine\n${line}\n`, questions } });
    const judged = judgeFleet(fleet, all, NOW * 1000);
    return all.flatMap(asked => hostStatus(asked, { all, judged, fleet, now: NOW * 1000 }).problems);
  };
  /** Line 2 after the remedy was typed. */
  const typed = (line: string, remedy: string): string | undefined => {
    const folder = mkdtempSync(join(tmpdir(), 'mailtun-alias-'));
    const path = join(folder, 'aliases');
    writeFileSync(path, `all: ana, kim\n${line}\nall: ana, kim\n`);
    const command = remedy.replace('on mimando: ', '').replace('; rcctl restart smtpd', '');
    execFileSync('/bin/sh', ['-c', command.replace('/etc/mail/aliases', path)]);
    const [before, edited, after] = readFileSync(path, 'utf8').split('\n');
    rmSync(folder, { recursive: true });
    expect([before, after]).toEqual(['all: ana, kim', 'all: ana, kim']);
    return edited;
  };

  it('is refused for all of them, which is named with the line', () => {
    expect(problems('staff: jay, kim', 'kim')).toEqual([
      {
        code: 'alias-refused',
        what: 'smtpd on mimando refuses mail for staff: kim in line 2 of /etc/mail/aliases has no account',
        evidence: '/etc/mail/aliases:2: staff: jay, kim; id kim: no such user',
        remedy: "on mimando: sed -i '2s/.*/staff: jay/' /etc/mail/aliases; rcctl restart smtpd",
      },
    ]);
  });
  it.each<[string, readonly string[], string]>([
    ['staff: jay, kim', ['kim'], 'staff: jay'],
    ['staff:\tkim, jay', ['kim'], 'staff:\tjay'],
    ['  staff: akim,kim.lee , kim ,', ['kim'], 'staff: akim, kim.lee'],
    ['staff:kim,jay,ana', ['kim', 'ana'], 'staff:jay'],
    ['staff kim, jay', ['kim'], 'staff jay'],
    ['staff: jay kim', ['kim'], 'staff: jay'],
    ['kim: kim, jay', ['kim'], 'kim: jay'],
    ['r&d: \\jay, kim', ['kim'], 'r&d: \\jay'],
  ])('%j is rid of %j', (line, members, left) => {
    const found = problems(line, ...members).find(({ what }) => what.includes('account'));
    expect(typed(line, String(found?.remedy))).toBe(left);
  });
  it.each([
    ['staff: kim', ['kim']],
    ['staff: kim,', ['kim']],
    ['staff: kim, ana', ['kim', 'ana']],
  ])('is not made a line without members, which smtpd would not start with: %j', (line, members) => {
    expect(problems(line, ...members)[0]?.remedy).toBe(
      'on mimando: remove line 2 of /etc/mail/aliases or name a user there, then rcctl restart smtpd',
    );
  });
  it('is not named for a recipient, whom the run itself names', () => {
    expect(problems('root: jay', 'jay')).toEqual([]);
  });
  it('is no problem where all have one', () => expect(problems('staff: jay, kim')).toEqual([]));
});
