import {
  type Draft,
  domainsOf,
  domainsServedBy,
  entriesOf,
  inRole,
  isEveryRoleKnown,
  listed,
  oneOf,
} from './inventory-draft.ts';
import { type Path, quoted, type Report } from './inventory-errors.ts';

/** Each mail domain stands once and goes to one gateway. */
export function checkDomains(draft: Draft, report: Report): void {
  const seen = new Set<string>();
  for (const { text, step } of entriesOf(draft.domain)) {
    if (seen.has(text))
      report({ path: ['domain', ...step], what: `${quoted(text)} stands here twice`, remedy: 'leave out one' });
    seen.add(text);
  }
  checkGateways(draft, report);
  checkServed(draft, report);
}

/** Gateways share no domain, and several gateways say which are theirs. */
function checkGateways(draft: Draft, report: Report): void {
  const domains = domainsOf(draft);
  const gateways = inRole(draft, 'gateway');
  const owners = new Map<string, string>();
  for (const [name, host] of gateways) {
    const path: Path = ['hosts', name, 'domains'];
    if (host.domains === undefined && gateways.length > 1) {
      const remedy = `write the domains whose mail goes to ${name}, of ${listed(domains)}`;
      report({ path, what: 'missing, and there are several gateways', remedy });
    }
    for (const { text, step } of entriesOf(host.domains)) {
      const owner = owners.get(text);
      if (owner !== undefined) {
        const what = `${quoted(text)} goes to ${owner === name ? 'this gateway' : owner} already`;
        report({ path: [...path, ...step], what, remedy: 'give each domain one gateway' });
      } else if (domains.length > 0 && !domains.includes(text)) {
        const what = `${quoted(text)} is no domain of this inventory`;
        report({ path: [...path, ...step], what, remedy: oneOf(text, domains, 'add it to domain') });
      }
      owners.set(text, owner ?? name);
    }
  }
}

/** No domain is without a gateway. */
function checkServed(draft: Draft, report: Report): void {
  const gateways = inRole(draft, 'gateway').map(([name]) => name);
  const served = gateways.map(name => domainsServedBy(draft, name));
  if (!isEveryRoleKnown(draft) || served.length === 0 || served.some(domains => domains.length === 0)) return;
  for (const { text, step } of entriesOf(draft.domain)) {
    if (served.flat().includes(text)) continue;
    const remedy = `add it to the domains of ${listed(gateways)}`;
    report({ path: ['domain', ...step], what: `no gateway takes mail for ${quoted(text)}`, remedy });
  }
}
