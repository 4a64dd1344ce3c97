/** The DMARC records (RFC 7489) that an inventory wants. Pure. */
import type { Fleet } from '../hosts/fleet.ts';
import { domainOf, isBelow } from '../tasks/neighbours.ts';
import type { RecordSet } from './record-set.ts';

/** The records of one mail domain; none if the inventory has no mail.dmarc. */
export function dmarcSets(domain: string, fleet: Fleet): readonly RecordSet[] {
  const { dmarc } = fleet.mail;
  if (dmarc === null) return [];
  const subdomains = dmarc.subdomains === null ? '' : `; sp=${dmarc.subdomains}`;
  const mode = dmarc.alignment?.charAt(0);
  const alignment = mode === undefined ? '' : `; adkim=${mode}; aspf=${mode}`;
  const reports = dmarc.reports === null ? '' : `; rua=mailto:${dmarc.reports}`;
  const set = (kind: 'dmarc' | 'dmarc-reports', name: string, value: string): RecordSet => ({
    kind,
    type: 'TXT',
    name,
    wanted: [{ value, relay: null }],
    relay: null,
  });
  const far = dmarc.reports === null ? null : farDomain(domain, dmarc.reports);
  return [
    set('dmarc', `_dmarc.${domain}`, `v=DMARC1; p=${dmarc.policy}${subdomains}${alignment}${reports}`),
    ...(far === null ? [] : [set('dmarc-reports', `${domain}._report._dmarc.${far}`, 'v=DMARC1')]),
  ];
}

/** Receivers send reports to another domain only if that one publishes that it accepts them (RFC 7489, 7.1). */
function farDomain(domain: string, reports: string): string | null {
  const far = domainOf(reports);
  return isBelow(far, domain) || isBelow(domain, far) ? null : far;
}
