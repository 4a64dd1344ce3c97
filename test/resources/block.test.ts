import { describe, expect, it } from 'vitest';
import { block, withBlock } from '../../src/resources/block.ts';
import { edited } from '../../src/resources/edited.ts';
import { reason } from '../../src/run/resource.ts';
import { observing, plainFile, world } from '../answers.ts';
import { fc } from '../properties.ts';

const wanted = ['2001:db8::1\ta', '2001:db8::2\tb'];
const put = (text: string): string => withBlock(text, () => wanted);
const own = '127.0.0.1\tlocalhost\n::1\t\tlocalhost\n';
const whole = `${own}# mailtun: begin\n2001:db8::1\ta\n2001:db8::2\tb\n# mailtun: end\n`;

describe('a block in a file of the user', () => {
  it.each([
    ['is added at the end', own, whole],
    ['is made where there is no file', '', '# mailtun: begin\n2001:db8::1\ta\n2001:db8::2\tb\n# mailtun: end\n'],
    ['stays where it is, between lines of the user', `${whole}10.0.0.1\tprinter\n`, `${whole}10.0.0.1\tprinter\n`],
    ['is put right where a line was taken out', whole.replace('2001:db8::1\ta\n', ''), whole],
    ['is put right where a line was edited', whole.replace('::1\ta', '::9\ta'), whole],
    ['is put right where its first marker is gone', whole.replace('# mailtun: begin\n', ''), whole],
    ['is put right where its last marker is gone', whole.replace('# mailtun: end\n', ''), whole],
    [
      'is replaced where an editor has ended its lines otherwise',
      `${own}x\r\n${whole.slice(own.length).replaceAll('\n', '\r\n')}10.0.0.1\tprinter\r\n`,
      `${own}x\r\n${whole.slice(own.length)}10.0.0.1\tprinter\r\n`,
    ],
    [
      'keeps what the user wrote behind a first marker that lost its partner',
      `${own}# mailtun: begin\n2001:db8::1\ta\n10.0.0.1\tprinter\n`,
      `${whole}10.0.0.1\tprinter\n`,
    ],
    ['gets a newline before it where the file lacks its last one', own.trimEnd(), whole],
  ])('%s', (_, text, after) => {
    expect(put(text)).toBe(after);
  });

  it('is removed if no lines are desired', () => {
    expect(withBlock(whole, () => [])).toBe(own);
  });

  it('changes nothing the second time, whatever the file contains', () => {
    const lines = fc.array(fc.oneof(fc.constantFrom(...wanted, '# mailtun: begin', '# mailtun: end'), fc.string()));
    fc.assert(
      fc.property(lines, text => {
        const once = put(text.join('\n'));
        expect(put(once)).toBe(once);
      }),
    );
  });

  it('leaves every line of the user, in order', () => {
    const line = fc.stringMatching(/^[a-z0-9. \t]{0,20}$/);
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (above, below) => {
        const after = put([...above, '# mailtun: begin', 'stale', '# mailtun: end', ...below, ''].join('\n'));
        const kept = after.split('\n').filter(text => !wanted.includes(text) && !text.startsWith('# mailtun'));
        expect(kept.join('\n')).toBe([...above, ...below, ''].join('\n'));
      }),
    );
  });
});

describe('a file of the user that smtpd reads as _smtpd', () => {
  const hosts = block('/etc/hosts', () => wanted, { isPublic: true });
  const resolv = edited(
    '/etc/resolv.conf',
    () => reason('line-missing', 'none'),
    text => text || 'lookup file bind\n',
  );
  const judged = (resource: typeof hosts, text: string, mode: string) =>
    resource.judge(observing([plainFile(resource.id, text, { mode, group: 'staff' })]), world());

  it.each([
    [hosts, whole],
    [resolv, 'lookup file\n'],
  ])('becomes readable for everybody, and keeps the rest of its mode, its owner and its text', (resource, text) => {
    expect(judged(resource, text, '0600')?.why).toBe('mode 0600, wanted 0644');
    expect(judged(resource, text, '0660')?.steps[0]?.command.args).toEqual([resource.id, 'root:staff', '0664']);
    expect(judged(resource, text, '0444')).toBeNull();
  });

  it.each([
    [hosts, own],
    [resolv, ''],
  ])('is readable for everybody when it is written', (resource, text) => {
    expect(judged(resource, text, '0640')?.steps[0]?.stage?.args).toContain('0644');
  });

  it('is not made readable if no daemon needs it', () => {
    expect(
      judged(
        block('/etc/hosts', () => wanted),
        whole,
        '0600',
      ),
    ).toBeNull();
  });
});
