import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { isSkipped } from './pf-conf.ts';

// pfctl -nv prints the file's rules as it would load them, pfctl -sr as it has loaded them (recordings).
const STATE = `
echo '# would load'
pfctl -nvf "$2" 2>/dev/null
echo '# loaded'
pfctl -a "$1" -sr 2>/dev/null
echo '# evaluated'
pfctl -sr 2>/dev/null
echo '# interfaces'
pfctl -s Interfaces -v -i "$3" 2>/dev/null
exit 0
`;

/** An anchor of pf(4). */
export interface AnchorState {
  /** The rules of its file, and those in force. */
  readonly wouldLoad: readonly string[];
  readonly loaded: readonly string[];
  /** Whether the main ruleset evaluates it. */
  readonly isEvaluated: boolean;
  /** Whether pf passes over the interface. */
  readonly isSkipped: boolean;
}

/** @param file its rules; @param on the interface that they are about. */
export const anchorState = (anchor: string, file: string, on: string): Fact<AnchorState> =>
  fact(`rules of the anchor ${anchor}`, command(STATE, anchor, file, on), text => {
    const [, wouldLoad = '', loaded = '', evaluated = '', interfaces = ''] = text.split(
      /^# (?:would load|loaded|evaluated|interfaces)\n/m,
    );
    return {
      wouldLoad: rulesIn(wouldLoad),
      loaded: rulesIn(loaded),
      isEvaluated: evaluated.includes(`anchor "${anchor}" `),
      isSkipped: isSkipped(interfaces, on),
    };
  });

// The user's own `set state-defaults` shows in what pf.conf loaded, and not in what the anchor's file alone would load.
const rulesIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map(line => line.trim().replace(/ keep state \([^)]*\)$/, ''))
    .filter(line => line !== '');
