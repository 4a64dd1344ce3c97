import { type Family, familyOf, plainHost } from '../addresses.ts';
import { entriesOf } from './draft.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { complaintAbout, inventoryName, publicName } from './formats.ts';
import { A_NAME_EACH, alreadyUsed, type NamedDraft, oneOf, type Site } from './site.ts';
import { destinationOf } from './ssh-formats.ts';

/** Checks that each name is used for one thing only: names of hosts, of certificates and in hosts(5). */
export function checkNames(site: Site, report: Report): void {
  checkInventoryNames(site, report);
  const uses = new Map<string, Use[]>();
  for (const use of site.hosts.flatMap(namesOf)) {
    const earlier = uses.get(use.name) ?? [];
    const first = earlier.find(other => !mayShare(other, use));
    if (first !== undefined) {
      report({ path: use.path, what: alreadyUsed(use, first), remedy: A_NAME_EACH });
    }
    uses.set(use.name, [...earlier, use]);
  }
  for (const [name, host] of site.relays) {
    const use = uses.get(host.endpoint?.toLowerCase() ?? '')?.find(({ use }) => use !== 'mx name');
    if (use !== undefined) {
      const what = `${quoted(host.endpoint)} is ${use.host}'s ${use.use}, which gateways resolve to an address in the tunnel`;
      report({ path: ['hosts', name, 'endpoint'], what, remedy: 'write an address, or another name' });
    }
    checkCertificateNames([name, host], report);
  }
  for (const relay of site.relays) checkSshName(site, relay, report);
}

/**
 * A gateway resolves the relays' outbound names to addresses in the tunnel, where only mail passes: from there such a name
 * is not a destination for ssh. From elsewhere DNS resolves it.
 */
function checkSshName(site: Site, [name, { ssh, endpoint }]: NamedDraft, report: Report): void {
  const parts = typeof ssh === 'string' ? destinationOf(ssh) : ssh;
  const host = parts?.host === undefined ? undefined : plainHost(parts.host);
  const far = site.relays.find(([, { outbound }]) => outbound?.name?.toLowerCase() === host);
  if (host === undefined || far === undefined) return;
  const jump = typeof ssh === 'object' ? ssh.jump : undefined;
  const from = site.gateways.find(([gateway, { ssh: to }]) =>
    jump === undefined ? to === 'local' || (typeof to === 'object' && to.host === 'local') : gateway === jump,
  );
  if (from === undefined) return;
  const what = `${quoted(parts?.host)} is ${far[0]}'s outbound name, which ${from[0]} resolves to an address in the tunnel, where ssh is not passed`;
  const address = endpoint !== undefined && familyOf(endpoint) !== null ? `, as in ${endpoint}` : '';
  report({ path: ['hosts', name, 'ssh'], what, remedy: `write an address${address}, or another name` });
}

function checkInventoryNames(site: Site, report: Report): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(site.draft.hosts ?? {})) {
    const path: Path = ['hosts', name];
    const complaint = complaintAbout(inventoryName, name);
    if (complaint !== null) report({ path, at: 'key', ...complaint });
    // smtpd.conf's tables and actions are named after hosts, with _ for everything but letters and digits.
    const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
    const other = seen.get(plain);
    if (other !== undefined) {
      const what = `${quoted(name)} and ${quoted(other)} differ only in case or punctuation`;
      report({ path, at: 'key', what, remedy: 'give each host its own name' });
    }
    seen.set(plain, name);
  }
}

interface Use {
  readonly host: string;
  readonly use: 'tunnel name' | 'LAN name' | 'mx name' | 'outbound name';
  readonly path: Path;
  readonly name: string;
  readonly written: string;
  readonly family: Family | null;
}

/** A relay may send under an mx name, and have one mx name with an address of each family. */
const mayShare = (one: Use, other: Use): boolean =>
  one.host === other.host &&
  one.use === 'mx name' &&
  (other.use === 'outbound name' || (other.use === 'mx name' && one.family !== other.family));

/** The names of one host, mx before outbound, in lower case. */
function namesOf([host, { tunnel, lan, mx = [], outbound }]: NamedDraft): Use[] {
  const use = (use: Use['use'], step: Path, name: string | undefined, address?: string): Use[] => {
    if (name === undefined) return [];
    const family = address === undefined ? null : familyOf(address);
    return [{ host, use, path: ['hosts', host, ...step, 'name'], name: name.toLowerCase(), written: name, family }];
  };
  return [
    ...use('tunnel name', ['tunnel'], tunnel?.name),
    ...use('LAN name', ['lan'], lan?.name),
    ...mx.flatMap((entry, index) => use('mx name', ['mx', index], entry?.name, entry?.address)),
    ...use('outbound name', ['outbound'], outbound?.name),
  ];
}

/** Certificate files are for names that the relay shows to the internet. */
function checkCertificateNames([name, host]: NamedDraft, report: Report): void {
  const { certificates } = host;
  const files = typeof certificates === 'object' && 'files' in certificates ? certificates.files : undefined;
  if (files === undefined) return;
  const path: Path = ['hosts', name, 'certificates', 'files'];
  const known = [...new Set([...(host.mx ?? []).map(mx => mx?.name), host.outbound?.name])].flatMap(
    entry => entry ?? [],
  );
  if (Object.keys(files).length === 0)
    report({ path, what: 'no files', remedy: 'name a certificate and a key for each name' });
  const seen = new Set<string>();
  for (const key of Object.keys(files)) {
    const complaint = complaintAbout(publicName, key);
    if (complaint !== null) report({ path: [...path, key], at: 'key', ...complaint });
    else if (seen.has(key.toLowerCase())) {
      report({ path: [...path, key], at: 'key', what: `${quoted(key)} is listed twice`, remedy: 'remove one' });
    } else if (!entriesOf(known).some(({ text }) => text === key.toLowerCase())) {
      const what = `${quoted(key)} is not an mx or outbound name of ${name}`;
      report({ path: [...path, key], at: 'key', what, remedy: oneOf(key, known, 'add it there first') });
    }
    seen.add(key.toLowerCase());
  }
}
