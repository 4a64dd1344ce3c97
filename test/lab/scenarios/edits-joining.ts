/** Edits of who there is: saudade, the lab's fourth host, joins, changes its role, retires and goes; recipients move. */
import { parse } from 'yaml';
import { sshOf } from '../driver/many.ts';
import { type Draft, type DraftHost, type Draw, inRole, oneOf } from './edits.ts';

/** The one that comes and goes. */
export const SPARE = 'saudade';

export type SpareRole = 'relay' | 'workstation';

/** As the lab has it, beside what the others are called now. */
export function spareAs(role: SpareRole, lab: string): DraftHost {
  const ssh: unknown = parse(sshOf(lab, SPARE));
  if (role === 'workstation') return { role, ssh, lan: { name: 'saudade.lan', address: '2001:db8:6969::3' } };
  return {
    role,
    ssh,
    endpoint: '192.0.2.26',
    tunnel: { name: 'vpn2.example.com', address: '2001:db8:c1da::3' },
    mx: [{ name: 'mx3.example.com', address: '192.0.2.26' }],
    outbound: { name: 'smtp2.example.com', addresses: ['192.0.2.26'] },
  };
}

/** Recipients of a host that does not deliver any more get the workstation, and names of hosts only where there are two. */
export function readdressed(draft: Draft): Draft {
  const station = inRole(draft, 'workstation');
  const several = draft.hosts[SPARE]?.role === 'workstation';
  const recipients = Object.entries(draft.mail.recipients).map(([key, value]) => {
    const [login = '', host = station] = value.split('@');
    const to = host in draft.hosts && draft.hosts[host]?.role === 'workstation' ? host : station;
    return [key, to === station && !several ? login : `${login}@${to}`] as const;
  });
  return { ...draft, mail: { ...draft.mail, recipients: Object.fromEntries(recipients) } };
}

/** The spare host in that role; null: it goes. */
export function withSpare(draft: Draft, host: DraftHost | null): Draft {
  const { [SPARE]: _, ...rest } = draft.hosts;
  return readdressed({ ...draft, hosts: host ? { ...rest, [SPARE]: host } : rest });
}

/** Joins, then retires, then goes; once in a while without having retired. */
function comesOrGoes(draft: Draft, draw: Draw): Draft {
  const there = draft.hosts[SPARE];
  if (!there) return withSpare(draft, draft.spare[oneOf(draw, ['relay', 'workstation'] as const)]);
  if (there.retiring || draw(4) === 0) return withSpare(draft, null);
  const retiring = withSpare(draft, { ...there, retiring: true });
  return delivering(retiring, 'test', inRole(retiring, 'workstation'));
}

function otherRole(draft: Draft): Draft | null {
  const there = draft.hosts[SPARE];
  return there ? withSpare(draft, draft.spare[there.role === 'relay' ? 'workstation' : 'relay']) : null;
}

const delivering = (draft: Draft, recipient: string, host: string): Draft =>
  readdressed({
    ...draft,
    mail: { ...draft.mail, recipients: { ...draft.mail.recipients, [recipient]: `jay@${host}` } },
  });

/** Of the recipient whose mail is counted, where there are two that deliver. */
const moved = (draft: Draft, draw: Draw): Draft | null =>
  draft.hosts[SPARE]?.role === 'workstation'
    ? delivering(draft, 'test', oneOf(draw, [inRole(draft, 'workstation'), SPARE]))
    : null;

export const JOINING: Readonly<Record<string, (draft: Draft, draw: Draw) => Draft | null>> = {
  'a host comes or goes': comesOrGoes,
  'role of a host': otherRole,
  'host of a recipient': moved,
};
