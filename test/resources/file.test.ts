import { describe, expect, it } from 'vitest';
import { file, MARK, MARKED, sha256 } from '../../src/resources/file.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';

const path = '/etc/mail/smtpd.conf';
const wanted = `${MARKED}\nlisten on socket\n`;
const desired = { content: () => wanted, mode: '0644', owner: 'root', group: 'wheel' };
const conf = file(path, { ...desired, accept: ['smtpd', '-n', '-f'] });
const judged = (text: string | null, more = {}, etcsum = '') =>
  conf.judge(
    observing([text === null ? absent(path) : plainFile(path, text, more)], { 'shipped sums': answer(etcsum) }),
    world(),
  );

describe('a file', () => {
  it('with the desired text is not changed', () => {
    expect(judged(wanted)).toBeNull();
  });

  it('that is missing is written without --take-over', () => {
    expect(judged(null)).toMatchObject({ why: 'missing', takesOver: null, diff: { before: '', after: wanted } });
  });

  it('that mailtun wrote and somebody edited is written again without --take-over', () => {
    expect(judged(`${MARK}: edited\n`)).toMatchObject({ why: 'content differs', takesOver: null });
  });

  it('that somebody else wrote needs --take-over', () => {
    expect(judged('listen on lo0\n')?.takesOver).toBe(path);
  });

  it('that sysmerge knows as shipped does not', () => {
    const etcsum = `SHA256 (./etc/mail/smtpd.conf) = ${sha256('stock\n')}\n`;
    expect(judged('stock\n', {}, etcsum)?.takesOver).toBeNull();
    expect(judged('stock, edited\n', {}, etcsum)?.takesOver).toBe(path);
  });

  it.each([
    [{ mode: '0666' }, 'mode 0666, wanted 0644'],
    [{ owner: 'jay' }, 'owner jay:wheel, wanted root:wheel'],
    [{ mode: '0600', group: 'jay' }, 'mode 0600, wanted 0644; owner root:jay, wanted root:wheel'],
  ])('with the right text and %j is corrected without being written', (more, why) => {
    const change = judged(wanted, more);
    expect(change?.why).toBe(why);
    expect(change?.steps.map(step => step.label)).toEqual([`sets mode and owner of ${path}`]);
  });

  it('is checked by a command, and replaced only if it has not changed meanwhile', () => {
    const [step] = judged('listen on lo0\n')?.steps ?? [];
    expect(step?.stage?.args).toEqual([path, '0644', 'root', 'wheel', sha256(wanted), 'r', wanted]);
    expect(step?.command.args).toEqual([path, sha256('listen on lo0\n'), 'smtpd', '-n', '-f']);
  });

  it('of NUL bytes, as a power cut leaves it, is written again without --take-over', () => {
    const change = judged('\0'.repeat(40));
    expect([change?.why, change?.takesOver]).toEqual(['holds only NUL bytes, as after a power cut', null]);
  });

  it.each(['link', 'directory', 'other'] as const)('does not replace a %s', type => {
    expect(() => judged('', { type, content: null })).toThrow(/is (a|not a) /);
  });

  it('that is secret has no diff', () => {
    const secret = file(path, { ...desired, secret: true });
    expect(secret.judge(observing([absent(path)]), world())?.diff).toBeNull();
  });
});
