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

// On a host that mailtun has set up and whose smtpd was started, no program is run: if a port was taken later, status
// reports it.
const OWNERS = `
local line=
{ read -r line </etc/mail/smtpd.conf; } 2>/dev/null
case $line in "$1"*) [ ! -e /var/run/rc.d/smtpd ] || return 0;; esac
fstat -n 2>/dev/null | grep ' internet'
`;

/** @param mark the first line of an smtpd.conf(5) that mailtun wrote begins so. */
export const portOwners = (mark: string): Fact<readonly PortOwner[]> =>
  fact('who has ports', unchangedBy(['waited for', 'risky'], builtins(OWNERS, mark)), parsePortOwners);
