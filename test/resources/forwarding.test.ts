import { describe, expect, test } from 'vitest';
import { forwarding } from '../../src/resources/forwarding.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';

const OURS = '# mailtun: begin\nnet.inet6.ip6.forwarding=1\n# mailtun: end\n';
const judged = (families: readonly (4 | 6)[], file: string | null, six: number) =>
  forwarding(families).judge(
    observing([file === null ? absent('/etc/sysctl.conf') : plainFile('/etc/sysctl.conf', file)], {
      'what is forwarded': answer(`net.inet.ip.forwarding=0\nnet.inet6.ip6.forwarding=${six}\n`),
    }),
    world(),
  );
const steps = (...provided: Parameters<typeof judged>) => judged(...provided)?.steps.map(step => step.label) ?? [];

describe('forwarding', () => {
  test('is turned on now and for the next boot, with a diff', () => {
    expect(steps([6], null, 0)).toEqual(['sets net.inet6.ip6.forwarding=1', 'writes /etc/sysctl.conf']);
    expect(judged([6], null, 0)?.diff).toEqual({ path: '/etc/sysctl.conf', before: '', after: OURS });
    expect(steps([6], OURS, 1)).toEqual([]);
    expect(steps([6], OURS, 0)).toEqual(['sets net.inet6.ip6.forwarding=1']);
  });
  test('is turned off if mailtun turned it on; the file is removed with its last line', () => {
    expect(steps([], OURS, 1)).toEqual(['sets net.inet6.ip6.forwarding=0', 'removes /etc/sysctl.conf']);
    expect(steps([], `kern.maxproc=4000\n${OURS}`, 0)).toEqual(['writes /etc/sysctl.conf']);
  });
  test('is not changed if a line of the admin turned it on, or none did', () => {
    const own = 'net.inet6.ip6.forwarding=1 # router\n';
    expect(steps([6], own, 1)).toEqual([]);
    expect(steps([], `${own}${OURS}`, 1)).toEqual(['writes /etc/sysctl.conf']);
    expect(steps([], own, 1)).toEqual([]);
    expect(steps([], null, 1)).toEqual([]);
  });
  test.each([
    ['a last line without its newline, which rc of earlier releases passes over', 'net.inet6.ip6.forwarding=1'],
    ['a line with blanks around the equals sign', 'net.inet6.ip6.forwarding = 1\n'],
    ['a line that begins with a blank, which sysctl -f passes over', '  net.inet6.ip6.forwarding=1\n'],
    ['a line that ends with CR LF', 'net.inet6.ip6.forwarding=1\r\n'],
  ])('is written for the next boot if the admin has it in %s', (_, own) => {
    expect(steps([6], own, 1)).toEqual(['writes /etc/sysctl.conf']);
    expect(judged([6], own, 1)?.diff?.after).toBe(`${own.trimEnd() === own ? `${own}\n` : own}${OURS}`);
    // It may be in force on some releases, so it is not turned off.
    expect(steps([], `${own.trimEnd() === own ? `${own}\n` : own}${OURS}`, 1)).toEqual(['writes /etc/sysctl.conf']);
  });
});
