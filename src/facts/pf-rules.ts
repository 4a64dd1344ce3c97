/** Whether loaded rules of pf(4) pass a packet, from `pfctl -sr` (print_rule in pfctl_parser.c, recordings). Pure. */

import { BlockList } from 'node:net';
import { inetOf } from './address-family.ts';

/** The first packet of a connection, from or to a host that no rule names. */
export interface Packet {
  readonly direction: 'in' | 'out';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6';
  /** Of the far end for `out`, of the host for `in`. */
  readonly address: string;
  readonly port: number;
  /** Names of the interface: its own, and its groups. */
  readonly on: readonly string[];
  /** Source address, where it is known. */
  readonly from?: string;
}

type Outcome = 'pass' | 'block';
type Match = 'yes' | 'no' | 'perhaps';

/** `unclear` if it depends on what the rules do not show: tables, users, other anchors. */
export type RulesSay = Outcome | 'unclear';

/** What rules do with a packet. @param anchors rules of the known anchors, by name. */
export const rulesSay = (...of: Parameters<typeof decision>): RulesSay => decision(...of).says;

/** The rule that blocks a packet, as `pfctl -sr` prints it; null where none certainly does. */
export function blockingRule(...of: Parameters<typeof decision>): string | null {
  const { says, rule } = decision(...of);
  return says === 'block' ? rule : null;
}

/** The last matching rule decides, or the first matching one with quick (pf.conf(5)); without any, the packet passes. */
function decision(
  rules: string,
  packet: Packet,
  anchors: Readonly<Record<string, string>> = {},
): { readonly says: RulesSay; readonly rule: string | null } {
  let rule: string | null = null;
  const ended = new Set<Outcome>();
  let now = new Set<Outcome>(['pass']);
  for (const { line, within } of inBraces(withAnchors(rules, anchors), packet)) {
    const match = and(within, matchOf(line, packet));
    if (match === 'no') continue;
    const outcomes: readonly Outcome[] = line.startsWith('pass ')
      ? ['pass']
      : line.startsWith('block ')
        ? ['block']
        : ['pass', 'block'];
    const isQuick = / quick\b/.test(line.split(/ (?:from|all) ?/)[0] ?? '');
    if (isQuick || line.startsWith('anchor ')) for (const one of outcomes) ended.add(one);
    if (match === 'yes' && !line.startsWith('anchor ')) rule = line;
    if (isQuick && match === 'yes') return { says: only(ended), rule };
    now = match === 'yes' && !line.startsWith('anchor ') ? new Set(outcomes) : new Set([...now, ...outcomes]);
  }
  return { says: only(new Set([...ended, ...now])), rule };
}

const withAnchors = (rules: string, anchors: Readonly<Record<string, string>>): readonly string[] =>
  linesOf(rules).flatMap(line => {
    const name = /^anchor "([^"]*)" all$/.exec(line)?.[1];
    const inside = name === undefined ? undefined : anchors[name];
    return inside === undefined ? [line] : linesOf(inside);
  });

/** Each rule, and whether the packet comes to it: pfctl(8) prints those of an anchor without a name in braces behind it. */
function* inBraces(
  lines: readonly string[],
  packet: Packet,
): Generator<{ readonly line: string; readonly within: Match }> {
  const around: Match[] = [];
  for (const line of lines) {
    const within = around.at(-1) ?? 'yes';
    const anchor = /^(anchor\b.*) \{$/.exec(line)?.[1];
    if (line === '}') around.pop();
    else if (anchor === undefined) yield { line, within };
    // With quick, a rule in it that matches is the last one.
    else around.push(and(within, and(matchOf(anchor, packet), / quick\b/.test(anchor) ? 'perhaps' : 'yes')));
  }
}

const only = (outcomes: ReadonlySet<Outcome>): RulesSay => {
  const [first, ...others] = outcomes;
  return first === undefined || others.length > 0 ? 'unclear' : first;
};

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line === '}' || /^(pass|block|anchor)\b/.test(line) || /^match\b.* rdr-to /.test(line));

const HEAD =
  /^(?:pass|match|anchor(?: "[^"]*")?|block(?: (?:drop|return(?:-rst|-icmp6?)?(?:\([^)]*\))?))?)(?: (in|out))?(?: log(?: \([^)]*\))?)?(?: quick)?(?: on (! )?(\S+))?(?: (inet6?))?(?: proto (\S+))? (all(?: .*)?|from .*)$/;

function matchOf(line: string, packet: Packet): Match {
  const head = HEAD.exec(line);
  if (!head) return 'perhaps';
  const [, direction, not, on, family, protocol, ends = ''] = head;
  if (direction !== undefined && direction !== packet.direction) return 'no';
  if (on !== undefined && on !== 'any' && packet.on.includes(on) === (not !== undefined)) return 'no';
  if (family !== undefined && family !== inetOf(packet.address)) return 'no';
  if (protocol !== undefined && protocol !== nameOf(packet.protocol)) return 'no';
  if (!isOfFirst(ends)) return 'no';
  const narrowed = / (user|group|tagged|probability|!?received-on|os|rdomain|max-pkt-rate|tos|prio) /.test(` ${ends} `);
  return and(endsMatch(ends, packet), narrowed || on === 'rdomain' ? 'perhaps' : 'yes');
}

/** Whether a rule is about the first packet of a connection, or an echo request: by TCP flags, ICMP type, fragments. */
function isOfFirst(ends: string): boolean {
  const [, flags, of = ''] = / flags (\w*)\/(\w+)/.exec(ends) ?? [];
  const [, type = 'echoreq'] = / icmp6?-type (\S+)/.exec(ends) ?? [];
  const isSyn = flags === undefined || flags === (of.includes('S') ? 'S' : '');
  return isSyn && type === 'echoreq' && !/ fragment(?: |$)/.test(ends);
}

/** As protocols(5) has it, which pfctl prints. */
const nameOf = (protocol: Packet['protocol']): string => (protocol === 'icmp6' ? 'ipv6-icmp' : protocol);

const and = (one: Match, other: Match): Match =>
  one === 'no' || other === 'no' ? 'no' : one === 'perhaps' || other === 'perhaps' ? 'perhaps' : 'yes';

const PORT = String.raw`(?: port (=|!=|<|<=|>|>=)? ?(\d+)(?:(:| >< | <> )(\d+))?)?`;
const ENDS = new RegExp(`^from ((?:! )?\\S+)${PORT} to ((?:! )?\\S+)${PORT}(?: |$)`);

function endsMatch(ends: string, packet: Packet): Match {
  if (ends.startsWith('all')) return 'yes';
  const match = ENDS.exec(ends);
  if (!match) return 'perhaps';
  const [, from = '', , fromPort, , , to = '', operator, port, range, end] = match;
  const [source, target] =
    packet.direction === 'in' ? [sender(from, packet), own(to, packet)] : [ownSide(from), own(to, packet)];
  const portMatches =
    port === undefined || PORTS[(range ?? operator ?? '=').trim()]?.(packet.port, Number(port), Number(end));
  return and(and(source, target), and(portMatches ? 'yes' : 'no', fromPort === undefined ? 'yes' : 'perhaps'));
}

/** The source of an inbound packet; if it is unknown, it is assumed that no rule names it. */
function sender(text: string, { from }: Packet): Match {
  if (text === 'any') return 'yes';
  const bare = text.replace(/^! /, '');
  const is = from === undefined ? 'no' : contains(bare, from);
  return is === 'perhaps' || bare === text ? is : is === 'yes' ? 'no' : 'yes';
}

/** The source of an outbound packet: one of the host's own addresses, unknown which. */
const ownSide = (text: string): Match =>
  text === 'any' || /^\(.*\)$/.test(text) || text === 'self' ? 'yes' : 'perhaps';

function own(text: string, { address, on, direction }: Packet): Match {
  const bare = text.replace(/^! /, '');
  const is = one(bare);
  if (is === 'perhaps' || bare === text) return is;
  return is === 'yes' ? 'no' : 'yes';

  function one(word: string): Match {
    if (word === 'any') return 'yes';
    const dynamic = /^\(([^):/]+)[^)]*\)$/.exec(word)?.[1];
    if (dynamic !== undefined || word === 'self')
      return direction === 'in' && (word === 'self' || on.includes(dynamic ?? '')) ? 'yes' : 'perhaps';
    return contains(word, address);
  }
}

function contains(range: string, address: string): Match {
  const [network = '', length] = range.split('/');
  const family = inetOf(network) === 'inet6' ? 'ipv6' : 'ipv4';
  if (!/^[0-9a-f.:]+$/i.test(network)) return 'perhaps';
  if (inetOf(address) !== inetOf(network)) return 'no';
  const list = new BlockList();
  try {
    if (length === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(length), family);
  } catch {
    return 'perhaps'; // a form of addresses that is not known here
  }
  return list.check(address, family) ? 'yes' : 'no';
}

/** By the operator between ports as pfctl prints it. */
const PORTS: Readonly<Record<string, (port: number, one: number, other: number) => boolean>> = {
  '=': (port, one) => port === one,
  '!=': (port, one) => port !== one,
  '<': (port, one) => port < one,
  '<=': (port, one) => port <= one,
  '>': (port, one) => port > one,
  '>=': (port, one) => port >= one,
  ':': (port, one, other) => port >= one && port <= other,
  '><': (port, one, other) => port > one && port < other,
  '<>': (port, one, other) => port < one || port > other,
};
