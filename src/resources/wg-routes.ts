/** Static routes into a tunnel, to networks behind its far end. */
import { inetOf } from '../facts/address-family.ts';
import { routesOf } from '../facts/routes.ts';
import { type Command, command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import { intactText } from '../run/lost.ts';
import type { Observed, Question, Step } from '../run/resource.ts';
import { HAS_ROUTE } from './route-kept.ts';

/** The file of an interface (hostname.if(5)). */
export const hostnameIfOf = (name: string): string => `/etc/hostname.${name}`;

/** A network behind a far end. */
export interface TunnelRoute {
  /** `ADDRESS/LENGTH`. */
  readonly prefix: string;
  /** The far end's address in the tunnel. */
  readonly via: string;
}

/** The line of hostname.if(5) that makes one; route(8) complains on standard error where it is there already. */
export const routeLine = ({ prefix, via }: TunnelRoute): string =>
  `!route -qn add ${`-${inetOf(prefix)}`} ${prefix} ${via}`;

const LINE = /^!route -qn add -inet6? (\S+) (\S+)$/gm;

/** The questions about routes. */
export const routesQuestions = (name: string, isWanted: boolean): readonly Question[] => [
  { kind: 'file', path: hostnameIfOf(name), want: 'content' },
  routesOf(name, hostnameIfOf(name), isWanted),
];

// An address that was deleted, or an interface that went, took its routes along (rt_ifa_purge() in route.c).
const CHANGE = `${HAS_ROUTE}
keep_running route "$3@$4" || exit
route -qn "$1" "$2" "$3" "$4" && exit
if has_route "$3" "$4"; then [ "$1" = add ]; else [ "$1" = delete ]; fi
`;

// In this order they can be restored: a route needs its interface.
const KEEP = `
for one in $1; do keep_running interface "$one" || exit; done
shift
for one; do keep_running route "$one" || exit; done
`;

const isSame = (one: TunnelRoute) => (other: TunnelRoute) => one.prefix === other.prefix && one.via === other.via;

const uniqueOf = (routes: readonly TunnelRoute[]): readonly TunnelRoute[] =>
  routes.filter((one, index) => routes.findIndex(isSame(one)) === index);

/** A command that adds or deletes a route. */
interface RouteMove extends TunnelRoute {
  readonly why: string;
  readonly command: Command;
}

/**
 * Adds the routes that the kernel lacks, and deletes those of mailtun's file that are no longer wanted: the file is written
 * after the kernel was changed, so it has all of them.
 * @param lost interfaces that go, or lose an address, before: their routes go as well.
 * @throws Failure where the admin's own route leads elsewhere.
 */
export function routeMoves(
  name: string,
  wanted: readonly TunnelRoute[],
  observed: Observed,
  lost: readonly string[],
): readonly RouteMove[] {
  const running = observed.get(routesOf(name, hostnameIfOf(name), wanted.length > 0));
  const runs = ({ prefix, via }: TunnelRoute, among = running) =>
    among.some(one => one.prefix === prefix && one.gateway === via);
  const lasting = running.filter(one => !lost.includes(one.interface));
  const ours = [...intactText(observed.file(hostnameIfOf(name))).matchAll(LINE)].map(([, prefix = '', via = '']) => ({
    prefix,
    via,
  }));
  const elsewhere = running
    .filter(one => one.interface === name && wanted.some(({ prefix }) => prefix === one.prefix))
    .map(({ prefix, gateway }) => ({ prefix, via: gateway }));
  const stale = uniqueOf([...ours, ...elsewhere]).filter(one => !wanted.some(isSame(one)) && runs(one));
  const missing = wanted.filter(one => !runs(one, lasting));
  for (const { prefix } of missing) {
    const other = lasting.find(one => one.prefix === prefix && !stale.some(({ via }) => via === one.gateway));
    if (other === undefined || other.interface === name) continue;
    throw new Failure(
      'route-taken',
      `there is a route to ${prefix} via ${other.gateway} on ${other.interface}`,
      name,
      `delete it, or remove ${prefix} from packet_filter.pass`,
    );
  }
  const move = (verb: 'add' | 'delete', { prefix, via }: TunnelRoute): RouteMove => ({
    why: `${verb === 'add' ? 'no' : 'stale'} route to ${prefix}`,
    command: command(CHANGE, verb, `-${inetOf(prefix)}`, prefix, via),
    prefix,
    via,
  });
  return [...stale.map(one => move('delete', one)), ...missing.map(one => move('add', one))];
}

/** Keeps how routes are before their interfaces lose them. */
export const keptRoutes = (lost: readonly string[], routes: readonly RouteMove[]): readonly Step[] =>
  lost.length === 0 || routes.length === 0
    ? []
    : [
        {
          label: `keeps the routes of ${lost.join(', ')}`,
          command: command(KEEP, lost.join(' '), ...routes.map(({ prefix, via }) => `${prefix}@${via}`)),
        },
      ];
