/** What `netstat -rn` prints (show.c of netstat(1)). */

import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { inetOf } from './address-family.ts';
import { linesOf } from './lines.ts';

/** A route as the kernel has it. */
interface Route {
  /** `ADDRESS/LENGTH`, the address in full. */
  readonly prefix: string;
  /** The address of the next hop; a link or an interface's own address for others. */
  readonly gateway: string;
  readonly interface: string;
}

/** Routes to a network or a host, without the default route. */
export const parseRoutes = (text: string): readonly Route[] =>
  linesOf(text).flatMap(line => {
    const [, to = '', gateway = '', on = ''] = /^([0-9a-f:.]+(?:\/\d+)?) +(\S+) +U\S* .* (\S+)$/.exec(line) ?? [];
    return to === '' ? [] : [{ prefix: inFull(to), gateway, interface: on }];
  });

/** netstat leaves out the length of a host's route and the zeros at the end of an IPv4 network. */
function inFull(to: string): string {
  const [address = '', length] = to.split('/');
  if (inetOf(address) === 'inet6') return `${address}/${length ?? 128}`;
  return `${[...address.split('.'), '0', '0', '0'].slice(0, 4).join('.')}/${length ?? 32}`;
}

// netstat(1) is run only if there is such a route or one is wanted.
const STATE = `
text=
[ ! -f "$1" ] || text=$(<"$1")
case $2$text in wanted*|*'!route -qn add '*) netstat -rn;; esac
`;

/** The kernel's routes if `file` adds one through the interface or one is wanted; else none. */
export const routesOf = (name: string, file: string, isWanted: boolean): Fact<readonly Route[]> =>
  fact(`routes of ${name}`, builtins(STATE, file, isWanted ? 'wanted' : ''), parseRoutes);
