import { builtins } from '../run/command.ts';
import { fact } from '../run/fact.ts';

/** The words of the last `lookup` in resolv.conf(5); null where there is no such line. */
export const LOOKUP_ORDER = fact(
  'the order of lookups',
  builtins(`
    [ ! -f /etc/resolv.conf ] || while read -r key words || [ -n "$key" ]; do
      [ "$key" != lookup ] || print -r -- "$words"
    done </etc/resolv.conf`),
  text => text.trim().split('\n').at(-1) || null,
);
