import { describe, expect, it } from 'vitest';
import { anchorLines, hasAnchor, withAnchor, withoutAnchor } from '../../src/facts/pf-conf.ts';
import { fc } from '../properties.ts';

const lines = anchorLines('mailtun', '/etc/pf.mailtun.conf');
const both = 'anchor "mailtun"\nload anchor "mailtun" from "/etc/pf.mailtun.conf"\n';
const put = (text: string): string => withAnchor(text, lines);

// As OpenBSD 7.6 ships it, by the recordings.
const stock = `#	$OpenBSD: pf.conf,v 1.55 2017/12/03 20:40:04 sthen Exp $
#
# See pf.conf(5) and /etc/examples/pf.conf

set skip on lo

block return	# block stateless traffic
pass		# establish keep-state

# By default, do not permit remote connections to X11
block return in on ! lo0 proto tcp to port 6000:6010

# Port build user does not need network
block return out log proto {tcp udp} user _pbuild
`;

describe('the two lines', () => {
  it('are put where they were on the recorded machine', () => {
    expect(
      put(stock).split('\n').slice(0, 11).join('\n'),
    ).toBe(`#	$OpenBSD: pf.conf,v 1.55 2017/12/03 20:40:04 sthen Exp $
#
# See pf.conf(5) and /etc/examples/pf.conf

set skip on lo

anchor "mailtun"
load anchor "mailtun" from "/etc/pf.mailtun.conf"
block return	# block stateless traffic
pass		# establish keep-state
`);
  });

  it.each([
    ['stand alone in an empty file', '', both],
    [
      'come after macros and tables',
      'a = "b"\ntable <x> { 10/8 }\npass\n',
      `a = "b"\ntable <x> { 10/8 }\n${both}pass\n`,
    ],
    ['come after match rules', 'match in all scrub (no-df)\nblock\n', `match in all scrub (no-df)\n${both}block\n`],
    [
      'come before quick rules',
      'set skip on lo\nblock quick from <bad>\n',
      `set skip on lo\n${both}block quick from <bad>\n`,
    ],
    ['come before other anchors', 'anchor "ftp-proxy/*"\npass\n', `${both}anchor "ftp-proxy/*"\npass\n`],
    ['come before a file whose rules are unknown', 'include "/etc/pf.local"\n', `${both}include "/etc/pf.local"\n`],
    ['come before antispoof', 'antispoof for em0\n', `${both}antispoof for em0\n`],
    [
      "leave a rule's comment with its rule",
      'set skip on lo\n\n# all\npass\n',
      `set skip on lo\n\n${both}# all\npass\n`,
    ],
    ["leave the file's heading on top", '# heading\npass\n', `# heading\n${both}pass\n`],
    [
      'do not break a list over several lines',
      'x = "{ a,\npass b }"\ntable <y> {\npass }\nblock\n',
      `x = "{ a,\npass b }"\ntable <y> {\npass }\n${both}block\n`,
    ],
    [
      'do not break a statement that goes on',
      'table <x> \\\n{ 10/8 }\nqueue a \\\npass\nblock\n',
      `table <x> \\\n{ 10/8 }\nqueue a \\\npass\n${both}block\n`,
    ],
    ['come last where there is no rule', 'set skip on lo\n', `set skip on lo\n${both}`],
    ['do not join the last line', 'set skip on lo', `set skip on lo\n${both.trimEnd()}`],
    ['are not drawn into a comment that goes on', 'set skip on lo\n# x \\\n', `set skip on lo\n${both}# x \\\n`],
    [
      'do not go between a line and what it goes on with',
      'x = \\\n# x\n"a"\npass\n',
      `x = \\\n# x\n"a"\n${both}pass\n`,
    ],
    ['leave a statement whole that comments break', 'x = \\\n# y\npass\n', `x = \\\n# y\n${both}pass\n`],
    ['complete each other', 'anchor "mailtun"\npass\n', `${both}pass\n`],
    ['complete each other the other way round', `${lines[1]}\npass\n`, `${both}pass\n`],
  ])('%s', (_, text, after) => {
    expect(put(text)).toBe(after);
  });

  it('remain where the user has put them', () => {
    for (const text of [`pass\n${both}`, `pass\n  anchor   "mailtun" # ours\nblock\n${lines[1]}\n`]) {
      expect(put(text)).toBe(text);
      expect(hasAnchor(text, lines)).toBe(true);
    }
    expect(hasAnchor(stock, lines)).toBe(false);
  });

  it('are removed completely', () => {
    expect(withoutAnchor(put(stock), lines)).toBe(stock);
    for (const text of ['', '\n', 'set skip on lo', 'set skip on lo\n', 'set skip on lo\n\n', 'set skip on lo\n\n\n'])
      expect(withoutAnchor(put(text), lines)).toBe(text);
    expect(withoutAnchor(`pass\nanchor "mailtun"\nblock\n${lines[1]}\n`, lines)).toBe('pass\nblock\n');
  });

  it('are removed with the empty line that earlier versions put below them', () => {
    expect(withoutAnchor(put(stock).replace(both, `${both}\n`), lines)).toBe(stock);
  });

  const line = fc.constantFrom(
    '',
    '# a comment',
    'set skip on lo',
    'pass',
    'block quick',
    'match in',
    'x = "1"',
    'a {',
    '}',
    'b \\',
  );
  it('are added once and removed again without another change, whatever the file contains', () => {
    fc.assert(
      fc.property(fc.array(line), own => {
        for (const text of [own.map(one => `${one}\n`).join(''), own.join('\n')]) {
          const once = put(text);
          expect(put(once)).toBe(once);
          expect(once.length).toBe(text.length + both.length);
          expect(withoutAnchor(once, lines)).toBe(text);
        }
      }),
    );
  });
});
