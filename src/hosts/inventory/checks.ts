import { familyOf } from '../addresses.ts';
import { checkAddresses } from './address-checks.ts';
import { checkDomains } from './domain-checks.ts';
import type { DraftHost } from './draft.ts';
import { type Path, quoted, type Report } from './errors.ts';
import { checkNames } from './name-checks.ts';
import { checkPass } from './pass-checks.ts';
import { recipientsOf } from './recipients.ts';
import { listed, oneOf, SEVERAL_GATEWAYS, type Site } from './site.ts';
import { checkSsh } from './ssh-checks.ts';

/** Checks that need several parts of an inventory. */
export function checkTogether(site: Site, report: Report): void {
  checkRoles(site, report);
  for (const [name, host] of site.gateways) checkGateway(site, name, host, report);
  for (const [name, host] of site.workstations) checkWorkstation(site, name, host, report);
  checkDomains(site, report);
  checkNames(site, report);
  checkAddresses(site, report);
  checkSsh(site, report);
  checkBounces(site, report);
  checkPass(site, report);
  checkRecipients(site, report);
}

/** There has to be a relay and a gateway. */
function checkRoles(site: Site, report: Report): void {
  if (site.draft.hosts === undefined || !site.isEveryRoleKnown) return;
  if (site.hosts.length === 0) {
    report({
      path: ['hosts'],
      what: 'no hosts',
      remedy: 'add a relay and a gateway; mailtun init writes a first inventory',
    });
  }
  const { relays, gateways } = site;
  if (relays.length === 0) {
    for (const [name] of gateways) {
      report({
        path: ['hosts', name],
        at: 'key',
        what: 'a gateway without a relay',
        remedy: 'add a host with role: relay',
      });
    }
  }
  if (gateways.length > 0) return;
  for (const [name, host] of site.hosts) {
    const what = `a ${host.role} without a gateway`;
    report({ path: ['hosts', name], at: 'key', what, remedy: 'add a host with role: gateway' });
  }
}

/** A workstation has one gateway, and both have addresses of one family in the LAN. */
function checkWorkstation(site: Site, name: string, host: DraftHost, report: Report): void {
  const gateways = site.gateways.map(([gateway]) => gateway);
  const path: Path = ['hosts', name, 'gateway'];
  if (!site.isEveryRoleKnown || gateways.length === 0) return;
  if (host.gateway === undefined && gateways.length > 1) {
    report({ path, what: SEVERAL_GATEWAYS, remedy: `write gateway: ${listed(gateways)}` });
  }
  if (host.gateway !== undefined && !gateways.includes(host.gateway)) {
    const role = site.draft.hosts?.[host.gateway]?.role;
    const what = role === undefined ? 'is not a host of this inventory' : `is a ${role}, not a gateway`;
    report({ path, what: `${quoted(host.gateway)} ${what}`, remedy: oneOf(host.gateway, gateways, 'add a gateway') });
  }
  const gateway = site.gatewayOf.get(name);
  const gatewayLan = gateway === undefined ? undefined : site.draft.hosts?.[gateway]?.lan?.address;
  const lan = host.lan?.address;
  if (gatewayLan === undefined || lan === undefined || familyOf(gatewayLan) === familyOf(lan)) return;
  report({
    path: ['hosts', name, 'lan', 'address'],
    what: `${quoted(lan)} is IPv${familyOf(lan)}, and the LAN address of its gateway ${gateway} is IPv${familyOf(gatewayLan)}`,
    remedy: 'give both an address of the same family',
  });
}

/** A gateway with workstations has a name and an address in their LAN. */
function checkGateway(site: Site, name: string, host: DraftHost, report: Report): void {
  const [workstation] = site.stationsOf.get(name) ?? [];
  if (host.lan !== undefined || workstation === undefined) return;
  const what = `missing, and ${workstation} is its workstation`;
  const remedy = `write lan: { name: …, address: … }, where ${workstation} reaches ${name}`;
  report({ path: ['hosts', name, 'lan'], what, remedy });
}

/** Every gateway has a recipient, so that root's mail on any host can be delivered. */
function checkRecipients(site: Site, report: Report): void {
  let isWell = true;
  const recipients = recipientsOf(site, finding => {
    isWell = false;
    report(finding);
  });
  const delivering = site.delivering;
  const isOpen = Object.values(site.draft.mail?.recipients ?? {}).includes(undefined) || !site.isEveryGatewayKnown;
  if (!isWell || isOpen || recipients.length === 0) return;
  const reached = new Set(recipients.map(({ host }) => delivering.get(host)));
  for (const [name] of site.gateways) {
    const [domain] = site.served.get(name) ?? [];
    if (reached.has(name) || domain === undefined) continue;
    const host = [...delivering].find(([, gateway]) => gateway === name)?.[0];
    const remedy = `add one to mail.recipients, as in postmaster@${domain}: LOGIN@${host}`;
    report({ path: ['hosts', name], at: 'key', what: 'no recipient is served by this gateway', remedy });
  }
}

/** Warnings of delay are bounces as well. */
function checkBounces(site: Site, report: Report): void {
  const bounces = site.draft.mail?.bounces;
  if (typeof bounces !== 'object' || bounces.mode !== 'drop' || bounces.warn_intervals === undefined) return;
  const path: Path = ['mail', 'bounces', 'warn_intervals'];
  report({ path, at: 'key', what: 'with mode: drop nobody is notified', remedy: 'write mode: send, or remove this' });
}
