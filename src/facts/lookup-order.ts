import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** The words of `lookup` in resolv.conf(5); null where there is no such line. */
export const LOOKUP_ORDER: Fact<string | null> = fact(
  'the order of lookups',
  command(`exec sed -n 's/^lookup[[:space:]]*//p' /etc/resolv.conf 2>/dev/null`),
  text => text.trim() || null,
);
