import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';

/** The words of the last `lookup` in resolv.conf(5); null where there is no such line. */
export const LOOKUP_ORDER = fact(
  'the order of lookups',
  command(`exec sed -n 's/^[[:blank:]]*lookup[[:blank:]]*//p' /etc/resolv.conf 2>/dev/null`),
  text => text.trim().split('\n').at(-1) || null,
);
