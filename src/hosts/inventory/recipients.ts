import type { Recipient } from '../fleet.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { complaintAbout, recipient } from './formats.ts';
import { listed, oneOf, type Site } from './site.ts';

interface Entry {
  readonly key: string;
  readonly path: Path;
  readonly local: string;
  readonly domain: string | null;
}

/**
 * The recipients, each with the host that delivers: every address once. A full address takes precedence over a local part, which
 * then applies to the gateway's other domains. Errors are reported and left out.
 */
export function recipientsOf(site: Site, report: Report): Recipient[] {
  const written = Object.keys(site.draft.mail?.recipients ?? {});
  if (site.draft.mail?.recipients !== undefined && written.length === 0) {
    report({
      path: ['mail', 'recipients'],
      what: 'no recipients',
      remedy: 'write one or more, as in { postmaster: jay }',
    });
  }
  const entries = written.flatMap(key => entryOf(site, key, report) ?? []);
  const distinct = withoutTwins(entries, report);
  return distinct.flatMap(entry => {
    const target = targetOf(site, entry, report);
    return target === null ? [] : addressesOf(site, { entry, all: distinct }, target, report);
  });
}

function entryOf(site: Site, key: string, report: Report): Entry | null {
  const path: Path = ['mail', 'recipients', key];
  const complaint = complaintAbout(recipient, key);
  if (complaint !== null) {
    report({ path, at: 'key', ...complaint });
    return null;
  }
  const [local = '', domain = null] = key.toLowerCase().split('@');
  const domains = site.domains;
  if (domain === null || domains.length === 0 || domains.includes(domain)) return { key, path, local, domain };
  const what = `${quoted(domain)} is not a domain of this inventory`;
  report({ path, at: 'key', what, remedy: oneOf(domain, domains, 'add it to domain') });
  return null;
}

function withoutTwins(entries: readonly Entry[], report: Report): Entry[] {
  const known = new Map<string, Entry>();
  for (const entry of entries) {
    const address = `${entry.local}@${entry.domain ?? ''}`;
    const twin = known.get(address);
    if (twin === undefined) known.set(address, entry);
    else {
      const what = `${quoted(entry.key)} is the same recipient as ${quoted(twin.key)}`;
      report({ path: entry.path, at: 'key', what, remedy: 'remove one: case makes no difference' });
    }
  }
  return [...known.values()];
}

interface Target {
  readonly login: string;
  readonly host: string;
  readonly gateway: string;
}

function targetOf(site: Site, { path, key }: Entry, report: Report): Target | null {
  const delivering = site.delivering;
  const value = site.draft.mail?.recipients?.[key];
  if (value === undefined || !site.isEveryGatewayKnown || delivering.size === 0) return null;
  const [login = '', named] = value.split('@');
  const [only] = delivering.size === 1 ? delivering.keys() : [];
  const host = named ?? only;
  const gateway = host === undefined ? undefined : delivering.get(host);
  if (host !== undefined && gateway !== undefined) return { login, host, gateway };
  const choices = [...delivering.keys()].map(name => `${login}@${name}`);
  if (host === undefined) {
    report({ path, what: `${quoted(value)} could be on several hosts`, remedy: `write ${listed(choices)}` });
    return null;
  }
  const remedy = oneOf(`${login}@${host}`, choices, 'add the host');
  report({ path, what: `${quoted(value)}: ${whyNotThere(site, host)}`, remedy });
  return null;
}

function whyNotThere(site: Site, host: string): string {
  const role = site.draft.hosts?.[host]?.role;
  if (role === undefined) return `there is no host ${quoted(host)}`;
  if (role === 'relay') return `${host} is a relay and delivers no mail`;
  return `${host} forwards mail to ${(site.stationsOf.get(host) ?? []).join(', ')}`;
}

/** The addresses of an entry: its own, or its local part in all domains that no other entry has. */
function addressesOf(
  site: Site,
  { entry, all }: { readonly entry: Entry; readonly all: readonly Entry[] },
  { login, host, gateway }: Target,
  report: Report,
): Recipient[] {
  const { local, domain, path, key } = entry;
  const served = site.served.get(gateway) ?? [];
  if (served.length === 0) return [];
  if (domain !== null) {
    if (served.includes(domain)) return [{ local, domain, login, host }];
    const what = `mail for ${domain} does not go to ${gateway}, the gateway of ${host}`;
    report({
      path,
      what: host === gateway ? `mail for ${domain} does not go to ${gateway}` : what,
      remedy: 'name a host that receives it',
    });
    return [];
  }
  const taken = new Set(all.filter(other => other.local === local).map(other => other.domain));
  const left = served.filter(other => !taken.has(other));
  if (left.length === served.length) return [{ local, domain: null, login, host }];
  if (left.length === 0) {
    const what = `${quoted(key)} is listed twice: also with ${listed(served)}`;
    report({ path, at: 'key', what, remedy: 'remove one of them' });
  }
  return left.map(other => ({ local, domain: other, login, host }));
}
