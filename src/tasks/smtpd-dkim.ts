/** The lines of a relay's smtpd.conf(5) that sign outbound mail, and when they are there. Pure. */
import type { Fleet, Host } from '../hosts/fleet.ts';
import type { World } from '../run/resource.ts';
import { DKIM_FOLDER, DKIM_STANDING, FILTER, selectorOf } from './dkim.ts';

/** What outbound mail is signed with. */
export interface Signing {
  readonly selector: string;
  readonly algorithm: string;
  /** Those whose DNS has the record, at least one. A sender of none of them is signed for under the first. */
  readonly domains: readonly string[];
}

/**
 * The key wanted, once DNS has its record for every domain that is signed for now; until then the key in force, as far
 * as DNS has that. Where DNS did not answer, what is in force stays.
 * @param existing the smtpd.conf that is there.
 * @throws NotPublished while the relay has not said which keys it has.
 */
export function signingOf(relay: Host, fleet: Fleet, world: World, existing: string): Signing | null {
  if (relay.role !== 'relay' || fleet.mail.dkim === null) return null;
  const standing = world
    .published(relay.name, DKIM_STANDING)
    .split('\n')
    .map(line => line.split(' '));
  const inForce = signingIn(existing);
  const signingWith = (wanted: string): Signing | null => {
    const rows = standing.filter(([selector, , domain = '', published]) => {
      const stays = inForce !== null && inForce.selector === selector && inForce.domains.includes(domain);
      return selector === wanted && (published === 'yes' || (published === 'unknown' && stays));
    });
    const domains = fleet.domains.filter(domain => rows.some(row => row[2] === domain));
    const [first] = rows;
    return first && domains.length > 0 ? { selector: wanted, algorithm: first[1] ?? '', domains } : null;
  };
  const next = signingWith(selectorOf(relay, fleet, fleet.mail.dkim));
  const now = inForce && signingWith(inForce.selector);
  return next && (now === null || now.domains.every(domain => next.domains.includes(domain))) ? next : now;
}

const NAME = 'mailtun_dkim';

/** The filter, for smtpd.conf(5). Its default canonicalization, simple, breaks if a later hop wraps header lines. */
export const signingFilter = ({ selector, algorithm, domains }: Signing): { name: string; statement: string } => ({
  name: NAME,
  statement: `filter "${NAME}" proc-exec "${FILTER} -a ${algorithm}-sha256 -c relaxed/relaxed ${domains.map(domain => `-d ${domain}`).join(' ')} -s ${selector} -k ${DKIM_FOLDER}/${selector}.key" user "_dkimsign" group "_dkimsign"`,
});

/** The key that an smtpd.conf of mailtun's signs with; null if it does not sign. */
export function signingIn(conf: string): Signing | null {
  const [, algorithm = '', words = '', selector = ''] =
    /^filter "mailtun_dkim" proc-exec "\S+ -a (\S+)-sha256 -c \S+ ((?:-d \S+ )+)-s (\S+) /m.exec(conf) ?? [];
  const domains = [...words.matchAll(/-d (\S+)/g)].map(match => match[1] ?? '');
  return selector === '' ? null : { selector, algorithm, domains };
}
