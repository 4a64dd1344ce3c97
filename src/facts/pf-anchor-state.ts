import { command, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { isSkipped } from './pf-conf.ts';

// pfctl -nv prints the file's rules as it would load them (recordings); what it has loaded, pfctl-status.ts asks.
// Whether pfctl accepts pf.conf matters only where lines are still to be put into it: names in it may be asked of DNS.
const STATE = `
case $([ ! -e /etc/pf.conf ] || print -r -- "$(</etc/pf.conf)") in
''|*"load anchor \\"$3\\""*) ;;
*) said=$(pfctl -nf /etc/pf.conf 2>&1) || print -r -- "$said" ;;
esac
echo '# would load'
[ ! -e "$1" ] || pfctl -nvf "$1" 2>/dev/null
echo '# interfaces'
exec pfctl -s Interfaces -v -i "$2" 2>/dev/null
`;

/** The rules in an anchor's file, and whether pf(4) filters its interface. */
interface AnchorState {
  /** What pfctl(8) has against a pf.conf that does not load the anchor yet; empty where it has nothing. */
  readonly refusal: string;
  /** The rules of its file. */
  readonly wouldLoad: readonly string[];
  /** Whether pf skips the interface. */
  readonly isSkipped: boolean;
}

/** @param file with the rules of the anchor; @param on the interface that they filter. */
export const anchorState = (anchor: string, file: string, on: string): Fact<AnchorState> =>
  fact(`rules of the anchor ${anchor}`, unchangedBy(['waited for'], command(STATE, file, on, anchor)), text => {
    const [refusal = '', wouldLoad = '', interfaces = ''] = text.split(/^# (?:would load|interfaces)\n/m);
    return {
      refusal: lacksInterface(refusal, on) ? '' : refusal.trim(),
      wouldLoad: rulesIn(wouldLoad),
      isSkipped: isSkipped(interfaces, on),
    };
  });

/** Rules with addresses of the interface, such as `wg0:network`, are accepted once it is there (host() in pfctl_parser.c). */
const lacksInterface = (refusal: string, on: string): boolean => refusal.includes(`no IP address found for ${on}`);

// With the user's own `set state-defaults` or `set state-policy`, loaded rules show options that the anchor's file alone would not.
/** Rules as pfctl(8) prints them, one an entry, to be compared. */
export const rulesIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map(line => line.trim().replace(/ keep state \([^)]*\)/, ''))
    .filter(line => line !== '');
