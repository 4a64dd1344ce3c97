/** The path of mail as a drawing: a line in, a line out, with the state of each link in its middle. */
import type { Judged } from '../checks/judge.ts';
import type { Hop } from '../checks/path.ts';
import type { Verdict } from '../checks/problem.ts';
import { type Fleet, gatewaysOf, type Host, relaysOf, workstationsOf } from '../hosts/fleet.ts';
import type { Paint } from './page.ts';

/** A line in and a line out for each path from a relay to a host that delivers; none for a path that is too wide. */
export function drawing(fleet: Fleet, judged: readonly Judged[], paint: Paint, columns: number): readonly string[] {
  const paths = relaysOf(fleet).flatMap(relay =>
    gatewaysOf(fleet).flatMap(gateway => {
      const stations = workstationsOf(fleet, gateway);
      return stations.length === 0 ? [[relay, gateway]] : stations.map(station => [relay, gateway, station]);
    }),
  );
  return paths.flatMap(path => drawn(path, judged, paint, columns));
}

/** The width of `──ok───▶`. */
const LINK_COLUMNS = 8;

function drawn(path: readonly Host[], judged: readonly Judged[], paint: Paint, columns: number): readonly string[] {
  const names = ['internet', ...path.map(host => host.name)];
  const width = names.join('').length + (names.length - 1) * (LINK_COLUMNS + 2);
  if (width > columns) return [];
  const links = path.map((host, index) => linkTo(host, path[index - 1] ?? null, judged));
  const inward = names.map((name, index) => {
    const link = links[index];
    return link ? `${name} ${arrow(link.inward, link.line, '▶', paint)} ` : name;
  });
  const outward = names.map((name, index) => {
    const link = links[index];
    return link ? `${' '.repeat(name.length)} ${arrow(link.outward, link.line, '◀', paint)} ` : '';
  });
  return [inward.join('').trimEnd(), outward.join('').trimEnd()];
}

interface Link {
  readonly line: '─' | '═';
  readonly inward: Verdict['kind'];
  readonly outward: Verdict['kind'];
}

function linkTo(host: Host, before: Host | null, judged: readonly Judged[]): Link {
  const worst = (belongs: (hop: Hop) => boolean): Verdict['kind'] => {
    const kinds = judged.filter(({ hop }) => belongs(hop)).map(({ verdict }) => verdict.kind);
    return kinds.includes('broken') ? 'broken' : kinds.includes('well') || kinds.length === 0 ? 'well' : 'unknown';
  };
  const isTunnel = (hop: Hop): boolean => hop.kind === 'tunnel' && hop.relay === before && hop.gateway === host;
  const isItself = (hop: Hop): boolean => hop.kind === 'host' && hop.host === host;
  if (before === null)
    return {
      line: '─',
      inward: first(judged, host) ?? worst(hop => isItself(hop) || (hop.kind === 'internet' && hop.relay === host)),
      outward: worst(hop => hop.kind === 'outside' && hop.relay === host),
    };
  return {
    line: before.role === 'relay' ? '═' : '─',
    inward: worst(
      hop => isTunnel(hop) || isItself(hop) || (hop.kind === 'smtp' && hop.from === before && hop.to === host),
    ),
    outward: worst(hop => isTunnel(hop) || (hop.kind === 'smtp' && hop.from === host && hop.to === before)),
  };
}

/** A relay that could not be tested from outside is unknown, even if the host itself is well. */
const first = (judged: readonly Judged[], host: Host): Verdict['kind'] | null => {
  const inward = judged.find(({ hop }) => hop.kind === 'internet' && hop.relay === host);
  const itself = judged.find(({ hop }) => hop.kind === 'host' && hop.host === host);
  return inward?.verdict.kind === 'unknown' && itself?.verdict.kind === 'well' ? 'unknown' : null;
};

const SIGNS: Readonly<Record<Verdict['kind'], string>> = { well: 'ok', broken: 'XX', unknown: '??' };
/** The colour of each state. */
export const COLOURS = { well: 'good', broken: 'bad', unknown: 'dim' } as const;

function arrow(kind: Verdict['kind'], line: string, head: '▶' | '◀', paint: Paint): string {
  const middle = paint(COLOURS[kind], SIGNS[kind]);
  return head === '▶' ? `${line.repeat(2)}${middle}${line.repeat(3)}▶` : `◀${line.repeat(3)}${middle}${line.repeat(2)}`;
}
