/** Which process has a port: listening sockets, as fstat(1) prints them (print_inet_details in fstat.c). */
import { builtins, unchangedBy } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** A listening socket. */
export interface PortOwner {
  readonly user: string;
  readonly command: string;
  readonly pid: number;
  readonly protocol: 'tcp' | 'udp';
  readonly family: 4 | 6;
  /** `*`, or an address without brackets. */
  readonly address: string;
  readonly port: number;
}

/** Connections and lines about anything else are left out. */
export const parsePortOwners = (text: string): readonly PortOwner[] =>
  text.split('\n').flatMap(line => {
    const match =
      /^(\S+)\s+(\S.*?)\s+(\d+)\s+\d+\* internet(6?) (?:stream (tcp) 0x[0-9a-f]+|dgram (udp)) \[?([^\s\]]+?)\]?:(\d+)$/.exec(
        line,
      );
    if (!match) return [];
    const [, user = '', command = '', pid, six, tcp, , address = '', port] = match;
    return {
      user,
      command,
      pid: Number(pid),
      protocol: tcp ? ('tcp' as const) : ('udp' as const),
      family: six ? (6 as const) : (4 as const),
      address,
      port: Number(port),
    };
  });

// On a host that mailtun has set up with these ports and whose smtpd was started, no program is run: if one was taken later,
// status reports it.
const OWNERS = `
local first= text= isSetUp=yes
{ read -r first </etc/mail/smtpd.conf; } 2>/dev/null
case $first in "$1"*) ;; *) isSetUp=;; esac
[ -e /var/run/rc.d/smtpd ] || isSetUp=
shift
while [ $# -gt 0 ]; do
  text=
  [ ! -f "$1" ] || text=$(<"$1")$_line
  case $text in *"$2"*) ;; *) isSetUp=;; esac
  shift 2
done
[ -z "$isSetUp" ] || return 0
fstat -n 2>/dev/null | grep ' internet'
`;

/** Text that a file has once mailtun has set up a port. */
export type PortLine = readonly [path: string, text: string];

/** @param mark the first line of an smtpd.conf(5) that mailtun wrote begins so. @param lines of all ports of the host. */
export const portOwners = (mark: string, lines: readonly PortLine[]): Fact<readonly PortOwner[]> =>
  fact('who has ports', unchangedBy(['waited for', 'risky'], builtins(OWNERS, mark, ...lines.flat())), parsePortOwners);
