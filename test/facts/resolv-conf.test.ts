import { describe, expect, it } from 'vitest';
import { fileFirst, unaskedServers, withFamilies } from '../../src/facts/resolv-conf.ts';

describe('the order of look-ups', () => {
  it.each([
    [
      'stays as the installer writes it',
      'lookup file bind\nnameserver 10.0.2.3\n',
      'lookup file bind\nnameserver 10.0.2.3\n',
    ],
    [
      'is added where DNS would come first by default',
      'nameserver 10.0.2.3\n',
      'lookup file bind\nnameserver 10.0.2.3\n',
    ],
    ['is turned round', 'nameserver 10.0.2.3\nlookup bind file\n', 'nameserver 10.0.2.3\nlookup file bind\n'],
    ['gets the file where only DNS is asked', 'lookup bind\n', 'lookup file bind\n'],
    [
      'keeps the lines of resolvd',
      'nameserver 10.0.2.3 # resolvd: vio0\nlookup file bind\n',
      'nameserver 10.0.2.3 # resolvd: vio0\nlookup file bind\n',
    ],
    ['is left without DNS where only the file is asked', 'lookup file\n', 'lookup file\n'],
    [
      'follows the last of several lines, as resolv.conf(5) does',
      'lookup file bind\nlookup bind\n',
      'lookup file bind\nlookup file bind\n',
    ],
    ['is found behind blanks', '\t lookup bind file\n', 'lookup file bind\n'],
    [
      'is asked for both where a CR LF makes libc pass over its last word',
      'nameserver 10.0.2.3\r\nlookup file bind\r\n',
      'nameserver 10.0.2.3\r\nlookup file bind\n',
    ],
    ['is turned round in a file with CR LF', 'lookup bind file\r\n', 'lookup file bind\n'],
    ['is complete if only a comment ends with CR LF', 'lookup file bind # DNS\r\n', 'lookup file bind # DNS\r\n'],
    ['is no comment', ';lookup file bind\n', 'lookup file bind\n;lookup file bind\n'],
  ])('%s', (_, text, after) => {
    expect(fileFirst(text, true)).toBe(after);
  });

  it('needs no file: without it only hosts(5) is used', () => {
    expect(fileFirst('', false)).toBe('');
  });
});

it('a name server in a line with CR LF is not asked, because its address is none to inet_pton(3)', () => {
  const text = 'nameserver 10.0.2.3\r\nnameserver 10.0.2.4 # resolvd: vio0\r\nlookup file bind\r\nnameserver ::1\n';
  expect(unaskedServers(text)).toEqual([1]);
});

describe('the families of addresses', () => {
  it.each([
    ['are all asked for where no line says otherwise', 'lookup file bind\n', 'lookup file bind\n'],
    ['stay in their order', 'family inet6 inet4\n', 'family inet6 inet4\n'],
    ['get what names need behind what is there', 'family inet4 # no IPv6 here\n', 'family inet4 inet6\n'],
    ['are all asked for where a CR LF makes libc pass over the line', 'family inet4\r\n', 'family inet4\r\n'],
    ['need not be both', 'family inet6\n', 'family inet6\n'],
    [
      'follow the last of several lines',
      'family inet4 inet6\nfamily inet4\n',
      'family inet4 inet6\nfamily inet4 inet6\n',
    ],
  ])('%s', (_, text, after) => {
    expect(withFamilies(text, ['inet6'])).toBe(after);
  });
});
