import { describe, expect, it } from 'vitest';
import { file, MARK, marked, sha256 } from '../../src/resources/file.ts';
import { answer, observing, plainFile, world } from '../answers.ts';

const path = '/etc/mail/smtpd.conf';
const wanted = `${marked()}\nlisten on socket\n`;
const desired = { content: () => wanted, mode: '0644', owner: 'root', group: 'wheel' };
const conf = file(path, { ...desired, accept: ['smtpd', '-n', '-f'] });
const judged = (text: string | null, more = {}, etcsum = '') =>
  conf.judge(
    observing(text === null ? [] : [plainFile(path, text, more)], { 'shipped sums': answer(etcsum) }),
    world(),
  );

describe('a file', () => {
  it('that says what is wanted is left alone', () => {
    expect(judged(wanted)).toBeNull();
  });

  it('that is missing is written, which takes nothing over', () => {
    expect(judged(null)).toMatchObject({ why: 'missing', takesOver: null, diff: { before: '', after: wanted } });
  });

  it('that mailtun wrote and somebody edited is written again, which takes nothing over', () => {
    expect(judged(`${MARK}: edited\n`)).toMatchObject({ why: 'content differs', takesOver: null });
  });

  it('that somebody else wrote needs leave', () => {
    expect(judged('listen on lo0\n')?.takesOver).toBe(path);
  });

  it('that sysmerge knows as shipped needs none', () => {
    const etcsum = `SHA256 (./etc/mail/smtpd.conf) = ${sha256('stock\n')}\n`;
    expect(judged('stock\n', {}, etcsum)?.takesOver).toBeNull();
    expect(judged('stock, edited\n', {}, etcsum)?.takesOver).toBe(path);
  });

  it.each([
    [{ mode: '0666' }, 'mode 0666, wanted 0644'],
    [{ owner: 'jay' }, 'owner jay:wheel, wanted root:wheel'],
    [{ mode: '0600', group: 'jay' }, 'mode 0600, wanted 0644; owner root:jay, wanted root:wheel'],
  ])('with the right text and %j gets that right and is not written', (more, why) => {
    const change = judged(wanted, more);
    expect(change?.why).toBe(why);
    expect(change?.steps.map(step => step.label)).toEqual([`sets mode and owner of ${path}`]);
  });

  it('is handed to its checker, and replaced only if it is still as it was seen', () => {
    const [step] = judged('listen on lo0\n')?.steps ?? [];
    expect(step?.stage?.args).toEqual([path, '0644', 'root', 'wheel', sha256(wanted), 'r', wanted]);
    expect(step?.command.args).toEqual([path, sha256('listen on lo0\n'), 'smtpd', '-n', '-f']);
  });

  it("of NUL bytes, as a power cut leaves it, is nobody else's, and written anew", () => {
    const change = judged('\0'.repeat(40));
    expect([change?.why, change?.takesOver]).toEqual(['holds only NUL bytes, as after a power cut', null]);
  });

  it.each(['link', 'directory', 'other'] as const)('is not put in the place of a %s', type => {
    expect(() => judged('', { type, content: null })).toThrow(/is (a|not a) /);
  });

  it('that is secret shows no text', () => {
    const secret = file(path, { ...desired, secret: true });
    expect(secret.judge(observing(), world())?.diff).toBeNull();
  });
});
