/** Variables of sysctl(8): how they are kept and restored. */
import type { KeptKind } from '../run/rollback.ts';

const RESTORE = `
restore_sysctl() {
  sysctl -q "$1=$2" || complain "sysctl $1=$2 failed"
}
`;

/** Its state is the value. */
export const keptSysctl: KeptKind = { name: 'sysctl', keep: 'state=$(sysctl -n "$3")', restore: RESTORE };
