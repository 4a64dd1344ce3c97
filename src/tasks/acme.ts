import { httpServers, matches } from '../facts/httpd-conf.ts';
import type { Fleet, Host, Relay } from '../hosts/fleet.ts';
import type { CertificateSource } from '../hosts/inventory/certificates-schema.ts';
import { acmeCertificate } from '../resources/acme-certificate.ts';
import { block } from '../resources/block.ts';
import { crontab, LONGEST_COMMAND } from '../resources/crontab.ts';
import { directory } from '../resources/directory.ts';
import { lostKey } from '../resources/lost-key.ts';
import { service } from '../resources/service.ts';
import { Failure } from '../run/failure.ts';
import { madeFirst, type Resource } from '../run/resource.ts';
import type { Task } from '../run/task.ts';
import { acmeGone } from './acme-gone.ts';
import { vouchedCertificate } from './own-certificates.ts';
import { vouchedNames, vouchedPki } from './shown-certificates.ts';
import { RESTART, smtpdRestart } from './smtpd-restart.ts';

type Acme = Extract<CertificateSource, { kind: 'acme' }>;

/** acme-client.conf(5). */
export const ACME_CONF = '/etc/acme-client.conf';
const HTTPD_CONF = '/etc/httpd.conf';
/** The first of mailtun's lines in it. */
export const AUTHORITY = 'authority mailtun {';
/** acme-client(1) makes it if it is missing. */
const ACCOUNT_KEY = '/etc/acme/mailtun-privkey.pem';
/** Subject of the lines in root's crontab. */
const CRON = 'certificates';
/** Where acme-client(1) writes challenges; to httpd, in its chroot, it is /acme. */
const CHALLENGES = '/var/www/acme';

/** Certificates of the public names from a certificate authority, with base's acme-client and httpd. */
export const acme: Task<Host, Fleet> = {
  name: 'acme',
  summary: 'the public names have certificates from a certificate authority, and cron(8) renews them',
  resources: host => {
    if (host.role !== 'relay') return [];
    const { certificates } = host;
    if (certificates.kind !== 'acme') return acmeGone(ACME_CONF, HTTPD_CONF, CRON);
    return [
      ...[
        directory(CHALLENGES, 'daemon'),
        block(ACME_CONF, (_, own) => acmeLines(host, certificates, own), { accept: acceptAcme(host) }),
        block(HTTPD_CONF, (_, own) => httpdLines(host, own), { accept: ['httpd', '-n', '-f'] }),
        httpd,
        lostKey(ACCOUNT_KEY),
        // The certificates belong to what other hosts wait for, so the configuration that requests them is needed as early.
      ].map(madeFirst),
      ...vouchedNames(host).map(name => acmeCertificate(host.name, vouchedCertificate(host, name))),
      ...smtpdRestart(host),
      crontab(CRON, renewals(host)),
    ];
  },
};

/** The user's own server may listen anywhere, so its sockets are not checked. */
const httpd: Resource = service('httpd', {
  configuration: HTTPD_CONF,
  reads: [HTTPD_CONF],
  listens: [],
  log: '/var/log/messages',
});

// acme-client reads its file for one domain, the last word (acme-client(1), recordings).
const acceptAcme = (relay: Relay): readonly string[] => [
  'sh',
  '-c',
  'exec acme-client -n -f "$2" "$1"',
  'acme-client',
  relay.outbound.name,
];

/**
 * acme-client.conf(5): an authority named mailtun beside the user's, and a domain for each name.
 * @param own the rest of the file. @throws Failure where it has one of the domains already.
 */
export function acmeLines(relay: Relay, source: Acme, own: string): readonly string[] {
  const taken = vouchedNames(relay).find(name => domainsIn(own).includes(name));
  if (taken !== undefined)
    throw new Failure(
      'acme-name-taken',
      `${ACME_CONF} already has a domain ${taken}`,
      relay.name,
      `remove that domain from the file: mailtun adds one that also restarts smtpd`,
    );
  return [
    AUTHORITY,
    `\tapi url "${source.directoryUrl}"`,
    `\taccount key "${ACCOUNT_KEY}"`,
    ...(source.contact === null ? [] : [`\tcontact "${source.contact}"`]),
    '}',
    ...vouchedNames(relay).flatMap(name => {
      const { cert, key } = vouchedPki(relay, name);
      return [
        `domain ${name} {`,
        `\tdomain key "${key}" ecdsa`,
        `\tdomain full chain certificate "${cert}"`,
        '\tsign with mailtun',
        `\tchallengedir "${CHALLENGES}"`,
        '}',
      ];
    }),
  ];
}

const domainsIn = (conf: string): readonly string[] =>
  [...conf.matchAll(/^\s*domain\s+"?([^\s"{]+)"?\s*\{/gm)].map(match => match[1] ?? '');

/** What `*` stands for, and itself: httpd refuses a server that has an address twice. */
const EVERYWHERE: readonly string[] = ['*', '0.0.0.0', '::'];

/**
 * httpd.conf(5): a server on port 80 that serves nothing but challenges, for the names that no server of the user's
 * has. httpd chooses by name among the servers of one address, so it listens wherever those do; on `*` last, because any
 * address would be equal to a `*` before it (server_match() in server.c).
 * @throws Failure if a server of the user has a name and does not serve challenges.
 */
export function httpdLines(relay: Relay, own: string): readonly string[] {
  const servers = httpServers(own);
  const bearing = (name: string) => servers.find(server => server.names.some(pattern => matches(pattern, name)));
  const taken = vouchedNames(relay).find(name => bearing(name)?.challenges === false);
  if (taken !== undefined)
    throw new Failure(
      'acme-name-taken',
      `${HTTPD_CONF} has a server on port 80 for ${taken} that does not serve ACME challenges`,
      relay.name,
      `add to that server: location "/.well-known/acme-challenge/*" { root "/acme" request strip 2 } (a line for each, as in /etc/examples/httpd.conf)`,
    );
  const [first, ...others] = vouchedNames(relay).filter(name => !bearing(name));
  if (first === undefined) return [];
  const special = new Set(servers.flatMap(server => server.addresses).filter(at => !EVERYWHERE.includes(at)));
  return [
    `server "${first}" {`,
    ...others.map(name => `\talias "${name}"`),
    ...[...special, '*'].map(at => `\tlisten on ${at} port 80`),
    '\tlocation "/.well-known/acme-challenge/*" {',
    '\t\troot "/acme"',
    '\t\trequest strip 2',
    '\t}',
    '\tlocation * {',
    '\t\tblock return 404',
    '\t}',
    '}',
  ];
}

/**
 * Once a day at a time of cron's choice; smtpd has no reload (rc.d(8)) and is restarted only for a new certificate.
 * rcctl, which restarts it, says on its standard output that it failed: root gets it by mail. As many names in a line as
 * cron(8) reads.
 */
function renewals(relay: Relay): readonly string[] {
  const groups: string[][] = [[]];
  for (const name of vouchedNames(relay)) {
    const last = groups.at(-1) ?? [];
    if (last.length === 0 || Buffer.byteLength(renewing([...last, name])) <= LONGEST_COMMAND) last.push(name);
    else groups.push([name]);
  }
  return groups.map(names => `~\t~\t*\t*\t*\t${renewing(names)}`);
}

const renewing = (names: readonly string[]): string =>
  `new=; for name in ${names.join(' ')}; do acme-client $name && new=yes; done; ` +
  `[ -z "$new" ] || said=$(${RESTART}) || echo "$said"`;
