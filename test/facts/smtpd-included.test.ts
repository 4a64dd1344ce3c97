import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ACTIONS_IN, parseIncludedActions } from '../../src/facts/smtpd-included.ts';
import { pdksh } from '../hosts/shells.ts';

const folder = mkdtempSync(join(tmpdir(), 'smtpd-included-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
describe.each(pdksh)('the actions of a file, in %s', shell => {
  const namesIn = (path: string, ...words: readonly string[]) => {
    const script = `${ACTIONS_IN}actions_in "$@"`;
    return parseIncludedActions(execFileSync(shell, ['-c', script, 'sh', path, ...words], { encoding: 'utf8' }));
  };

  it('are found by name, however they are written', () => {
    const conf = file(
      'plain',
      'action "phones" relay\n\taction partner relay host smtp://[192.0.2.9]\naction \\\n  "split" \\\n mbox\naction last mbox',
    );
    expect(namesIn(conf)).toEqual({
      names: new Set(['phones', 'partner', 'split', 'last']),
      isSure: true,
      used: new Set(),
    });
  });
  it('are not found in comments, even continued ones, nor in other statements', () => {
    const conf = file(
      'comments',
      '# action "a" relay\n# more \\\naction "b" relay\nmatch from any for any action "c"\n',
    );
    expect([...namesIn(conf).names]).toEqual([]);
  });
  it('include those of included files', () => {
    const inner = file('inner', 'action "inner" relay\n');
    expect([...namesIn(file('outer', `include "${inner}"\naction outer relay\n`)).names]).toEqual(['inner', 'outer']);
  });
  it('are incomplete if a name is a macro, or files include each other', () => {
    expect(namesIn(file('macro', 'name = "x"\naction $name relay\n')).isSure).toBe(false);
    const circle = join(folder, 'circle');
    file('circle', `action "once" relay\ninclude "${circle}"\n`);
    expect([...namesIn(circle).names]).toContain('once');
  });
  it('are found with those that rules use, where these are asked for', () => {
    const conf = file(
      'rules',
      'match tag PHONES from any for domain "action.example" \\\n  rcpt-to <all> action "relay_in_vpn0"\nmatch for any action $out\n# match for any action "no"\nmatch for any reject\naction own relay\n',
    );
    const names = new Set(['own']);
    expect(namesIn(conf, 'rules')).toEqual({ names, isSure: true, used: new Set(['relay_in_vpn0', '$out']) });
    expect(namesIn(conf)).toEqual({ names, isSure: true, used: new Set() });
  });
  it('are none in an empty file', () => {
    expect(namesIn(file('empty', ''))).toEqual({ names: new Set(), isSure: true, used: new Set() });
  });
});
