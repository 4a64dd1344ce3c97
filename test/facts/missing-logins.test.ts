import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MISSING_LOGINS } from '../../src/facts/missing-logins.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

/** The answer of a host that has the user jay, mail for jay and for ana, and these files in /etc/mail. */
function asked(shell: string, confs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'logins-'));
  mkdirSync(join(folder, 'queue/aa/aabbccdd'), { recursive: true });
  for (const [n, login] of ['jay', 'ana', 'ana'].entries())
    writeFileSync(
      join(folder, `queue/aa/aabbccdd/aabbccdd0000000${n}`),
      `version: 3\ndispatcher: deliver\nmda-user: ${login}\n`,
    );
  for (const [name, text] of Object.entries(confs)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'id'), '#!/bin/sh\n[ "$2" = jay ]\n');
  chmodSync(join(folder, 'id'), 0o755);
  const body = MISSING_LOGINS.command.script
    .replaceAll('/var/spool/smtpd', folder)
    .replaceAll('/etc/mail/', `${folder}/`);
  const { stdout } = spawnSync(shell, ['-c', `ask() {\n${body}\n}\nask`], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  return MISSING_LOGINS.parse(answer(stdout));
}

describe.each(pdksh)('users whom mail waits for and who do not exist, asked by %s', shell => {
  const missing = [{ login: 'ana', count: 2 }];
  it('are those that are not in passwd(5)', () => {
    expect(asked(shell, { 'smtpd.conf': 'action "deliver" maildir alias <aliases>\n# no userbase <users>\n' })).toEqual(
      missing,
    );
    expect(asked(shell, {})).toEqual(missing);
  });
  it('are not known where an action has users of its own', () => {
    const own = 'action "deliver" \\\n\tmaildir "/var/vmail/%{user.username}" \\\n\tuserbase <users>\n';
    expect(asked(shell, { 'smtpd.conf': '', 'smtpd.local.conf': own })).toEqual([]);
  });
});
