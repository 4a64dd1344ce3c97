import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WAITING_MAIL } from '../../src/facts/waiting-mail.ts';
import { UNANSWERED } from '../../src/run/fact.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';

const QUEUE = 'aa|inet6|mta||A@X.org|test@example.com|e@Example.com|1|2|3|1|pending|5|';

/** The script's answer on a host whose `timeout` and smtpctl are these. */
function asked(shell: string, timeout: string, envelope: string | null = '') {
  const folder = mkdtempSync(join(tmpdir(), 'waiting-'));
  mkdirSync(join(folder, 'queue/aa/aabbccdd'), { recursive: true });
  if (envelope !== null) writeFileSync(join(folder, 'queue/aa/aabbccdd/aabbccdd00000001'), envelope);
  else rmdirSync(join(folder, 'queue/aa/aabbccdd'));
  for (const [name, text] of [
    ['timeout', timeout],
    ['smtpctl', `echo '${QUEUE}'`],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const body = WAITING_MAIL.command.script.replaceAll('/var/spool/smtpd', folder);
  const { status, stdout, stderr } = spawnSync(shell, ['-c', `ask() {\n${body}\n}\nask`], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  return { exit: status, stderr, ...WAITING_MAIL.parse(answer(stdout)) };
}

describe.each(pdksh)('queued mail, asked by %s', shell => {
  it('has recipients and senders', () => {
    const { exit, recipients, senderDomains } = asked(shell, 'shift; exec "$@"');
    expect([exit, [...recipients], [...senderDomains]]).toEqual([0, ['e@example.com'], ['x.org']]);
  });
  it('has those of mail that smtpd has not loaded yet, or is stranded', () => {
    const envelope =
      'version: 3\ndispatcher: x\nsender: a|b@Y.org\nrcpt: other@example.com\ndest: a|nova@example.com\n';
    const { exit, recipients, senderDomains } = asked(shell, 'exit 0', envelope);
    expect([exit, [...recipients], [...senderDomains]]).toEqual([0, ['a|nova@example.com'], ['y.org']]);
    expect(asked(shell, 'shift; exec "$@"', 'dest: @\nsender: @\n').recipients.size).toBe(1);
  });
  it('has the actions that it was queued for, as far as its files tell', () => {
    const envelope = 'version: 3\ndispatcher: forward_to_Desk.lan\nsender: a@Y.org\ndest: nova+x@example.com\n';
    const { actions } = asked(shell, 'shift; exec "$@"', envelope);
    expect(Object.fromEntries([...actions].map(([to, of]) => [to, [...of]]))).toEqual({
      'nova@example.com': ['forward_to_desk.lan'],
      'e@example.com': [''],
    });
  });
  it('is that of its file where smtpctl shows it as well', () => {
    const shown = QUEUE.replace('aa|', 'aabbccdd00000001|').replace('e@Example.com', 'nova@example.com');
    const script = `shift; [ "$*" ] && echo '${shown}'`;
    const { actions, recipients } = asked(shell, script, 'dispatcher: x\nsender: a@x.org\ndest: nova@example.com\n');
    expect([[...recipients], [...(actions.get('nova@example.com') ?? [])]]).toEqual([['nova@example.com'], ['x']]);
  });
  it('of a recipient with a part after a plus counts for the recipient as well', () => {
    const { recipients } = WAITING_MAIL.parse(answer('Ana+shop+x@Example.com\n@x.org\n'));
    expect([...recipients]).toEqual(['ana+shop+x@example.com', 'ana@example.com']);
  });
  it('is none where the queue is empty, and smtpctl is not asked', () => {
    const { exit, recipients } = asked(shell, 'exit 124', null);
    expect([exit, recipients.size]).toEqual([0, 0]);
  });
  it('is not known where smtpd does not answer', () => {
    const { exit, stderr } = asked(shell, 'exit 124');
    expect(exit).toBe(UNANSWERED);
    expect(stderr).toBe(
      'smtpd does not answer smtpctl(8), so the recipients of queued mail are unknown\non the host: rcctl restart smtpd; then run the same command again\n',
    );
  });
});
