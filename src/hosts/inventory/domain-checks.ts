import { entriesOf } from './draft.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { listed, oneOf, SEVERAL_GATEWAYS, type Site } from './site.ts';
import { isOn } from './value-schemas.ts';

/** Checks that each mail domain is listed once and goes to one gateway. */
export function checkDomains(site: Site, report: Report): void {
  const seen = new Set<string>();
  for (const { text, written, step } of entriesOf(site.draft.domain)) {
    if (seen.has(text))
      report({ path: ['domain', ...step], what: `${quoted(written)} is listed twice`, remedy: 'remove one' });
    seen.add(text);
  }
  checkGateways(site, report);
  checkServed(site, report);
}

/** Gateways share no domain, and several gateways say which are theirs. */
function checkGateways(site: Site, report: Report): void {
  const domains = site.domains;
  const gateways = site.gateways;
  const owners = new Map<string, string>();
  for (const [name, host] of gateways) {
    const path: Path = ['hosts', name, 'domains'];
    if (host.domains === undefined && gateways.length > 1 && !mayServeNone(site, name)) {
      const remedy = `write the domains whose mail goes to ${name}, of ${listed(domains)}`;
      report({ path, what: SEVERAL_GATEWAYS, remedy });
    }
    for (const { text, written, step } of entriesOf(host.domains)) {
      const owner = owners.get(text);
      if (owner !== undefined) {
        const what = `${quoted(written)} already goes to ${owner === name ? 'this gateway' : owner}`;
        report({ path: [...path, ...step], what, remedy: 'give each domain one gateway' });
      } else if (domains.length > 0 && !domains.includes(text)) {
        const what = `${quoted(written)} is not a domain of this inventory`;
        report({ path: [...path, ...step], what, remedy: oneOf(text, domains, 'add it to domain') });
      }
      owners.set(text, owner ?? name);
    }
  }
}

/** A retiring gateway may serve no domain, unless it still has a workstation. */
const mayServeNone = ({ draft, served, stationsOf }: Site, gateway: string): boolean =>
  isOn(draft.hosts?.[gateway]?.retiring ?? false) && served.get(gateway)?.length === 0 && !stationsOf.has(gateway);

/** No domain is without a gateway. */
function checkServed(site: Site, report: Report): void {
  const gateways = site.gateways.flatMap(([name]) => (mayServeNone(site, name) ? [] : [name]));
  const served = gateways.map(name => site.served.get(name) ?? []);
  if (!site.isEveryRoleKnown || served.length === 0 || served.some(domains => domains.length === 0)) return;
  for (const { text, written, step } of entriesOf(site.draft.domain)) {
    if (served.flat().includes(text)) continue;
    const remedy = `add it to the domains of ${listed(gateways)}`;
    report({ path: ['domain', ...step], what: `no gateway receives mail for ${quoted(written)}`, remedy });
  }
}
