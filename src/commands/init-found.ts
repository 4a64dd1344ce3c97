/** Default answers for `mailtun init`, from what was found on the hosts. Pure. */
import { familyOf, isWithin, type Prefix } from '../hosts/addresses.ts';
import { destinationOf } from '../hosts/inventory/ssh-formats.ts';
import type { Answers } from './init-answers.ts';
import type { ExaminedHost } from './init-examine.ts';

/** The role of a host in a first inventory. */
export type Role = 'relay' | 'gateway' | 'workstation';

/** What was found on the hosts that could be reached. */
export type Found = { readonly [Key in Role]?: ExaminedHost };

/** The first login of the host that delivers becomes the postmaster, who also gets root's mail. */
export function recipientFound({ workstation }: Partial<Answers>, found: Found): string | null {
  const [login] = (workstation ? found.workstation : found.gateway)?.logins ?? [];
  return login === undefined ? null : `postmaster=${login}`;
}

/** The address in a LAN that both hosts have in common; if only one host was reached, its own. */
export function lanFound(answers: Partial<Answers>, found: Found, role: 'gateway' | 'workstation'): string | null {
  const [gateway, workstation] = [insideOf('gateway', answers, found), insideOf('workstation', answers, found)];
  const pairs = gateway.flatMap(one =>
    workstation.filter(other => isWithin(other.address, one)).map(other => ({ gateway: one, workstation: other })),
  );
  const alone = role === 'gateway' ? gateway : workstation;
  const isAlone = gateway.length === 0 || workstation.length === 0;
  return (pairs[0]?.[role] ?? (isAlone ? alone[0] : undefined))?.address ?? null;
}

/** Addresses for the LAN. A workstation may have only the one with the default route. The one that ssh uses comes last. */
function insideOf(role: Role, answers: Partial<Answers>, found: Found): readonly Prefix[] {
  const used = destinationOf(answers[role] ?? '')?.host;
  const all = [...(found[role]?.inside ?? []), ...(role === 'workstation' ? (found[role]?.outside ?? []) : [])];
  return all.toSorted((one, other) => Number(one.address === used) - Number(other.address === used));
}

/** The network of an existing tunnel, if its ends are those that init writes: ::2 and ::1. */
export function tunnelFound({ relay, gateway }: Found): string | null {
  const ends = [
    { address: relay?.tunnel ?? null, last: '2' },
    { address: gateway?.tunnel ?? null, last: '1' },
  ].flatMap(({ address, last }) => (address === null ? [] : [{ address, last }]));
  const bases = ends.map(({ address }) =>
    familyOf(address) === 4 ? address.replace(/\d+$/, '') : address.replace(/[^:]+$/, ''),
  );
  const [base] = bases;
  if (base === undefined || !/(::|\.)$/.test(base) || ends.some(({ address, last }) => address !== base + last))
    return null;
  return base.endsWith('.') ? `${base}0` : base;
}

/** What was found on a host, on one line, for people and for a comment. */
export function foundText({ release, hostname, outside, inside, tunnel, logins }: ExaminedHost): string {
  const addresses = [...outside, ...inside].map(one => one.address);
  return [
    `OpenBSD ${release}`,
    ...(hostname === null ? [] : [hostname]),
    ...addresses,
    ...(tunnel === null ? [] : [`${tunnel} in a tunnel`]),
    ...(logins.length === 0 ? [] : [`people: ${logins.join(' ')}`]),
  ].join(', ');
}
