/** Who has a port: the sockets of fstat(1) that wait for packets or connections (print_inet_details in fstat.c). */

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
