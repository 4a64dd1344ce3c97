/** Edits of who there is: saudade, the lab's fourth host, joins, changes its role, retires and goes; mailboxes and domains move. */
import { parse } from 'yaml';
import { sshOf } from '../driver/many.ts';
import { changed, type Draft, type DraftHost, type Edit, inRole, type Role } from './edits.ts';
import { COUNTED, deliverersOf, gatewaysOf, SPARE, served, servedBy } from './edits-fitting.ts';

/** As the lab has it, beside what the others are called now. */
export function spareAs(role: Role, lab: string): DraftHost {
  const ssh: unknown = parse(sshOf(lab, SPARE));
  const lan = { name: 'saudade.lan', address: '2001:db8:6969::3' };
  const tunnel = { name: 'vpn2.example.com', address: '2001:db8:c1da::3' };
  if (role === 'workstation') return { role, ssh, lan };
  if (role === 'gateway') return { role, ssh, lan, tunnel };
  return {
    role,
    ssh,
    endpoint: '192.0.2.26',
    tunnel,
    mx: [{ name: 'mx3.example.com', address: '192.0.2.26' }],
    outbound: { name: 'smtp2.example.com', addresses: ['192.0.2.26'] },
  };
}

/** The spare host in that role; null: it goes. */
export function withSpare(draft: Draft, host: DraftHost | null): Draft {
  const { [SPARE]: _, ...rest } = draft.hosts;
  return { ...draft, hosts: host ? { ...rest, [SPARE]: host } : rest };
}

const joins =
  (role: Role): Edit =>
  draft =>
    draft.hosts[SPARE] ? null : withSpare(draft, draft.spare[role]);

const becomes =
  (role: Role): Edit =>
  draft => {
    const there = draft.hosts[SPARE];
    return there && there.role !== role ? withSpare(draft, draft.spare[role]) : null;
  };

/** Mail of the domain that is counted goes to a host, and comes by its gateway. */
const delivering = (draft: Draft, host: string): Draft => ({
  ...served(draft, COUNTED, deliverersOf(draft).get(host) ?? ''),
  mail: { ...draft.mail, recipients: { ...draft.mail.recipients, test: `jay@${host}` } },
});

/** Everything that is behind the one gateway is behind the other one then. */
function allBehind(draft: Draft, gateway: string): Draft {
  const stations = Object.keys(draft.hosts).filter(name => draft.hosts[name]?.role === 'workstation');
  const moved = stations.reduce((one, name) => changed(one, name, { gateway }), draft);
  const owning = draft.domain.reduce((one, domain) => served(one, domain, gateway), moved);
  return delivering(owning, inRole(draft, 'workstation'));
}

function spareRetires(draft: Draft): Draft | null {
  const there = draft.hosts[SPARE];
  if (!there) return null;
  const retiring = changed(draft, SPARE, { retiring: !there.retiring });
  return there.retiring ? retiring : allBehind(retiring, inRole(draft, 'gateway'));
}

/** Of the recipient whose mail is counted, to the next of the hosts that deliver. */
function mailboxMoves(draft: Draft): Draft | null {
  const all = [...deliverersOf(draft).keys()].toSorted();
  if (all.length < 2) return null;
  const [, now = inRole(draft, 'workstation')] = draft.mail.recipients.test?.split('@') ?? [];
  return delivering(draft, all[(all.indexOf(now) + 1) % all.length] ?? now);
}

/** The gateway that is not this one, if there are two. */
const otherGateway = (draft: Draft, gateway: string | undefined): string | undefined => {
  const all = gatewaysOf(draft);
  return all.length < 2 ? undefined : all.find(one => one !== gateway);
};

const stationMoves =
  (isWithMail: boolean): Edit =>
  draft => {
    const station = inRole(draft, 'workstation');
    const gateway = otherGateway(draft, draft.hosts[station]?.gateway);
    if (gateway === undefined) return null;
    const moved = changed(draft, station, { gateway });
    return isWithMail ? delivering(moved, station) : moved;
  };

/** The gateway retires, and the other one gets what is behind it; or it is back. */
function gatewayReplaced(draft: Draft): Draft | null {
  const main = inRole(draft, 'gateway');
  const other = otherGateway(draft, main);
  if (other === undefined || draft.hosts[other]?.retiring) return null;
  const isBack = draft.hosts[main]?.retiring === true;
  return allBehind(changed(draft, main, { retiring: !isBack }), isBack ? main : other);
}

const domainMoves: Edit = (draft, draw) => {
  const domain = draft.domain[draw(draft.domain.length)] ?? '';
  const owner = gatewaysOf(draft).find(name => servedBy(draft, name).includes(domain));
  const other = otherGateway(draft, owner);
  return other === undefined ? null : served(draft, domain, other);
};

export const JOINING: Readonly<Record<string, Edit>> = {
  'a relay joins': joins('relay'),
  'a gateway joins': joins('gateway'),
  'a workstation joins': joins('workstation'),
  'it becomes a relay': becomes('relay'),
  'it becomes a gateway': becomes('gateway'),
  'it becomes a workstation': becomes('workstation'),
  'it retires': spareRetires,
  'it goes if it retires': draft => (draft.hosts[SPARE]?.retiring ? withSpare(draft, null) : null),
  'it goes': draft => (draft.hosts[SPARE] ? withSpare(draft, null) : null),
  'host of a recipient': mailboxMoves,
  'gateway of the workstation': stationMoves(false),
  'gateway of the workstation and its mail': stationMoves(true),
  'gateway of a domain': domainMoves,
  'another gateway': gatewayReplaced,
};
