/** The rules of pf(4): how they are kept and restored. */
import type { KeptKind } from '../run/rollback.ts';

// pf(4) takes its rules from the file; an anchor that the file no longer loads is emptied. A pfctl -f that fails has already
// cleared what `set skip` had set (main of pfctl.c).
const RESTORE = `
restore_pf() {
  pfctl -q -a mailtun -F rules 2>/dev/null
  if [ "$2" = unloaded ]; then pfctl -q -F rules; else pfctl -nf /etc/pf.conf && pfctl -q -f /etc/pf.conf; fi || return
  case "$2 $(pfctl -si 2>/dev/null)" in
  enabled*'Status: Disabled'*) pfctl -q -e;;
  disabled*'Status: Enabled'*|unloaded*'Status: Enabled'*) pfctl -q -d;;
  esac
}
`;

/** Its state: enabled, disabled with rules loaded, or without rules. */
export const keptRules: KeptKind = {
  name: 'pf',
  keep: `if pfctl -si 2>/dev/null | grep -q '^Status: Enabled'; then state=enabled
    elif [ -n "$(pfctl -sr 2>/dev/null)" ]; then state=disabled; else state=unloaded; fi`,
  restore: RESTORE,
  isRisky: true,
};
