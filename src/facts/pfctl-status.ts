import { command, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Whether pf(4) is enabled, by the first line of `pfctl -si` (pfctl(8), recordings); null where it does not say. */
export function parsePfEnabled(text: string): boolean | null {
  const [, word] = /^Status: (Enabled|Disabled)\b/.exec(text) ?? [];
  return word === undefined ? null : word === 'Enabled';
}

/** What `pfctl -sr` prints of the rules of pf, and of those of an anchor. */
export interface PfRules {
  readonly main: string;
  readonly anchor: string;
}

/** None. */
export const NO_RULES: PfRules = { main: '', anchor: '' };

/** The rules of pf, then a line `# anchor` and the rules of an anchor. */
export function parsePfRules(text: string): PfRules {
  const [main = '', anchor = ''] = text.split('# anchor\n');
  return { main, anchor };
}

/** Whether pf is enabled; null where pfctl did not say. */
export const PF_ENABLED = fact('pfctl -si', command('exec pfctl -si 2>/dev/null'), parsePfEnabled);

/** The rules of pf and those of an anchor, as they are loaded. */
export const pfRulesWith = (anchor: string): Fact<PfRules> =>
  fact(
    'the rules that pf has loaded',
    unchangedBy(
      ['waited for'],
      command('pfctl -sr 2>/dev/null; echo "# anchor"; exec pfctl -a "$1" -sr 2>/dev/null', anchor),
    ),
    parsePfRules,
  );
