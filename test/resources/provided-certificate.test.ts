import { describe, expect, it } from 'vitest';
import { providedCertificate } from '../../src/resources/provided-certificate.ts';
import type { FileState } from '../../src/run/resource.ts';
import { absent, answer, observing, plainFile, world } from '../answers.ts';

const desired = { name: 'mx1.example.com', cert: '/c', key: '/k', shownKey: 'shown', verified: false };
const resource = providedCertificate(desired, () => ({ cert: 'new cert\n', key: 'new key\n' }));
const cert = (text = 'new cert\n', mode = '0644') => plainFile('/c', text, { mode });
const key = (text = 'new key\n', mode = '0600') => plainFile('/k', text, { mode, content: null });
const judged = (...files: readonly FileState[]) =>
  resource.judge(observing(files, { 'the key of /c': answer('') }), world());

describe("the user's own certificate", () => {
  it('is checked without reading the text of its key', () => {
    expect(resource.questions).toContainEqual({ kind: 'file', path: '/k', want: 'hash' });
    expect(resource.questions).not.toContainEqual({ kind: 'file', path: '/k', want: 'content' });
  });
  it('is not changed if it is in place', () => {
    expect(judged(cert(), key())).toBeNull();
  });
  it.each([
    ['key is missing; certificate is missing', [absent('/c'), absent('/k')]],
    ['certificate differs', [cert('old\n'), key()]],
    ['key differs', [cert(), key('old\n')]],
    ['key has mode 0644 and owner root', [cert(), key('new key\n', '0644')]],
  ])('is written if the %s', (why, there) => {
    expect(judged(...there)?.why).toBe(why);
  });
  it('is written key first, with its mode from the first byte, and has no secret in a diff', () => {
    const change = judged(absent('/c'), absent('/k'));
    expect(change?.diff).toBeNull();
    expect(
      change?.steps.map(step => [step.label, ...(step.stage?.args.slice(1, 4) ?? []), step.command.args[1]]),
    ).toEqual([
      ['writes /k', '0600', 'root', 'wheel', 'missing'],
      ['writes /c', '0644', 'root', 'wheel', 'missing'],
    ]);
  });
});
