import { describe, expect, it } from 'vitest';
import { readBlocklist } from '../../src/tasks/blocklists.ts';
import { fc } from '../properties.ts';

const bad = (kind: Parameters<typeof readBlocklist>[0], text: string) =>
  readBlocklist(kind, text).bad.map(({ line, what, remedy }) => `${line}: ${what}; ${remedy}`);

describe('a list of what is blocked', () => {
  it('has one entry per line, in the form that smtpd matches; comments and empty lines are skipped', () => {
    const text = '\ufeff# ours\n192.0.2.1 # a comment\r\n\n198.51.100.0/24\n2001:DB8:0::/32\n192.0.2.1\n';
    expect(readBlocklist('block', text)).toEqual({
      entries: ['192.0.2.1', '198.51.100.0/24', '[2001:db8::/32]'],
      bad: [],
    });
    expect(readBlocklist('block_senders', 'Spam@Example.NET\n@bad.example').entries).toEqual([
      'spam@example.net',
      '@bad.example',
    ]);
    expect(readBlocklist('block_helo', '*.Dyn.example\n[192.0.2.1]\nlocalhost').entries).toHaveLength(3);
  });
  it('is refused with each wrong line', () => {
    const network = 'write one per line, as in 192.0.2.1, 198.51.100.0/24 or 2001:db8::/32';
    expect(bad('block', '192.0.2.1\n10.0.0\nexample.net\n10.0.0.0/33\n::/0\n1.2.3.4 5.6.7.8')).toEqual([
      `2: "10.0.0" is not an address or a network; ${network}`,
      `3: "example.net" is not an address or a network; ${network}`,
      `4: "10.0.0.0/33" has a prefix length greater than 32; ${network}`,
      '5: "::/0" matches every address; list networks whose mail is to be refused',
      `6: "1.2.3.4 5.6.7.8" is not an address or a network; ${network}`,
    ]);
    const sender = 'write one per line, as in spammer@example.net or @example.net';
    expect(bad('block_senders', 'spam.example\n*@spam.example\na b@c.example\n<a@b.example>')).toEqual([
      `1: "spam.example" is not a mail address; did you mean "@spam.example"? ${sender}`,
      `2: "*@spam.example" has a wildcard, which smtpd does not support in mail addresses; ${sender}`,
      `3: "a b@c.example" is not a mail address; ${sender}`,
      `4: "<a@b.example>" is not a mail address; ${sender}`,
    ]);
    expect(bad('block_helo', 'two words')[0]).toContain('1: "two words" is not a name as in HELO');
  });
  it('never contains what would leave its line in a table', () => {
    const kinds = fc.constantFrom('block', 'block_senders', 'block_helo');
    fc.assert(
      fc.property(kinds, fc.string({ unit: 'binary' }), (kind, text) => {
        for (const entry of readBlocklist(kind, text).entries) expect(entry).toMatch(/^[^\s#"<>]+$/);
      }),
    );
  });
});
