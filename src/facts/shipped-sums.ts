import { command, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** Sums of files as the release ships them, in the form of sha256(1); empty where sysmerge(8) has not filled its list. */
export const SHIPPED_SUMS: Fact<string> = fact(
  'shipped sums',
  unchangedBy(
    ['waited for', 'risky'],
    command(
      "exec grep -F -e ' (./etc/mail/' -e ' (./etc/pf.conf)' -e ' (./etc/hosts)' /var/sysmerge/etcsum 2>/dev/null",
    ),
  ),
  text => text,
);
