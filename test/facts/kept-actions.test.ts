import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEPT_ACTIONS } from '../../src/facts/kept-actions.ts';
import { answer } from '../answers.ts';
import { pdksh } from '../hosts/shells.ts';
import { type Sandbox, sandbox } from '../run/sandbox.ts';

describe.each(pdksh)('what tells how mail goes on after an undo, asked by %s', shell => {
  let host: Sandbox;
  beforeEach(() => {
    host = sandbox(shell);
  });
  afterEach(() => host.remove());

  it('is every smtpd.conf with its recipients and names, now and as it is kept, and all queued mail', async () => {
    host.write('etc/mail/smtpd.conf', 'one\n\nmail\tx\n');
    host.write('etc/hosts', '::1 localhost\n');
    await host.run('keep /etc/mail/smtpd.conf && print two >/etc/mail/smtpd.conf', 'RUN-1');
    host.write(
      'var/spool/smtpd/queue/0a/0a0b0c0d/0a0b0c0d00000001',
      'version: 3\ndispatcher: two\ntype: mta\nsender: a@b.example\ndest: c@d.example\nctime: 1795330339\n',
    );
    const { exit, stdout } = await host.run(KEPT_ACTIONS.command.script, 'RUN-9');
    expect(exit).toBe(0);
    const { spool, files } = KEPT_ACTIONS.parse(answer(stdout.replaceAll(host.dir, '')));
    expect(Object.fromEntries([...files].map(([at, texts]) => [at, Object.fromEntries(texts)]))).toEqual({
      now: { '/etc/mail/smtpd.conf': 'two\n', '/etc/hosts': '::1 localhost\n' },
      original: { '/etc/mail/smtpd.conf': 'one\n\nmail\tx\n' },
      'RUN-1': { '/etc/mail/smtpd.conf': 'one\n\nmail\tx\n' },
    });
    expect([spool.isEmpty, spool.unknown.map(({ action, recipient }) => [action, recipient])]).toEqual([
      false,
      [['two', 'c@d.example']],
    ]);
  });
});
