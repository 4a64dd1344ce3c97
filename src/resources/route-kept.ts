/** Static routes: how they are kept and restored. */
import type { KeptKind } from '../run/rollback.ts';

// netstat(1) leaves out the length of a host's route and the zeros at the end of an IPv4 network (show.c).
const found = (to: string, by: string): string => `netstat -rn | awk -v to="${to}" -v by="${by}" '
    {
      split($1, part, "/"); length_ = $1 ~ /\\// ? part[2] : part[1] ~ /:/ ? 128 : 32
      if (part[1] ~ /^[0-9.]+$/) { count = split(part[1], octet, "."); while (count++ < 4) part[1] = part[1] ".0" }
      if (part[1] "/" length_ == to && $2 == by) found = 1
    }
    END { exit !found }'`;

const KEEP = `${found('${3%@*}', '${3#*@}')} && state=present || state=absent`;

/** `has_route PREFIX GATEWAY` succeeds where the kernel has it. */
export const HAS_ROUTE = `
has_route() {
  ${found('$1', '$2')}
}
`;

const RESTORE = `
restore_route() {
  local family=-inet what=add
  case $1 in *:*) family=-inet6;; esac
  [ "$2" = present ] || what=delete
  # It may be so already: an interface that went took its routes along, netstart(8) has made those of its file.
  route -qn $what $family "\${1%@*}" "\${1#*@}" >/dev/null 2>&1
  return 0
}
`;

/** Its name is `PREFIX@GATEWAY`, with the prefix written in full. */
export const keptRoute: KeptKind = { name: 'route', keep: KEEP, restore: RESTORE, isRisky: true };
