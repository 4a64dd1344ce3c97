import { familyOf } from '../hosts/addresses.ts';
import { destinationOf } from '../hosts/inventory/ssh-formats.ts';
import type { Answers } from './init-answers.ts';
import type { ExaminedHost } from './init-examine.ts';
import { type Found, foundText, type Role } from './init-found.ts';
import { mxOf } from './init-mx.ts';
import { firstDomain, lanParts, networkOf, wordsOf } from './init-questions.ts';

/** The text of a first inventory, with comments on optional keys. */
export function inventoryText(answers: Answers, found: Found): string {
  const domains = wordsOf(answers.domain);
  const names = namesOf(answers, found);
  return `# yaml-language-server: $schema=mailtun.schema.json
#
# Inventory of mailtun. "mailtun schema > mailtun.schema.json" lets editors complete and explain its keys.
# Next: mailtun provision --check

domain: ${domains.length === 1 ? domains[0] : `[${domains.join(', ')}]`}

# tunnel: { interface: wg0, port: 6900, keepalive: 15, preshared_key: false }

mail:
  # Local part: login on the machine that delivers.
  recipients:
${recipientLines(answers.recipient)}
  # queue_ttl: 20d              how long mail waits for a tunnel that is down
  # bounces: drop               or send
  # maildir: maildir/in         below the recipient's home

hosts:
${[relayText, gatewayText, workstationText].map(text => text(answers, found, names)).join('')}`;
}

type HostText = (answers: Answers, found: Found, names: Names) => string;

const relayText: HostText = (answers, found, names) => {
  const domain = firstDomain(answers.domain);
  const addresses = wordsOf(answers.address);
  return `  # Receives mail from the internet.
${foundLine(found, 'relay')}  ${names.relay}:
    role: relay
    ssh: ${word(answers.relay)}
    endpoint: ${word(answers.endpoint)}        # where the gateway sends its WireGuard packets
    tunnel: { name: vpn1.${domain}, address: ${word(tunnelEndsOf(answers).relay)} }
    mx:
${mxLines(wordsOf(answers.mx), addresses)}
    outbound: { name: ${answers.outbound}, addresses: [${addresses.map(word).join(', ')}] }
    certificates: self_signed     # or { acme: { contact: hostmaster@${domain} } }
`;
};

const gatewayText: HostText = (answers, found, names) => `
  # Keeps the tunnel up${names.workstation === null ? ' and delivers' : ' and forwards mail'}.
${foundLine(found, 'gateway')}  ${names.gateway}:
    role: gateway
    ssh: ${word(answers.gateway)}
    tunnel: { name: vpn0.${firstDomain(answers.domain)}, address: ${word(tunnelEndsOf(answers).gateway)} }
${names.workstation === null ? '' : lanLine(answers.gatewayLan, lanName(answers.gateway, names.gateway, found.gateway))}`;

const workstationText: HostText = (answers, found, { workstation: name }) =>
  name === null
    ? ''
    : `
  # Delivers.
${foundLine(found, 'workstation')}  ${name}:
    role: workstation
    ssh: ${word(answers.workstation)}
${lanLine(answers.workstationLan, lanName(answers.workstation, name, found.workstation))}`;

const foundLine = (found: Found, role: Role): string => (found[role] ? `  # Found: ${foundText(found[role])}\n` : '');

function lanLine(answer: string, usualName: string): string {
  const { name, address } = lanParts(answer);
  return `    lan: { name: ${word(name ?? usualName)}, address: ${word(address)} }\n`;
}

/** Quotes text that YAML would read as something else: an address that begins or ends with a colon, a number, a null. */
const word = (text: string): string => (plain.test(text) && !otherScalar.test(text) ? text : `"${text}"`);

const plain = /^\w[\w.:@/-]*\w$/;
const otherScalar = /^(?:null|true|false|\d*\.?\d*(?:e\d+)?|0[xo][0-9a-f]+)$/i;

const recipientLines = (recipients: string): string =>
  wordsOf(recipients)
    .map(pair => pair.split('='))
    .map(([local = '', login = '']) => `    ${word(local)}: ${word(login)}`)
    .join('\n');

const mxLines = (names: readonly string[], addresses: readonly string[]): string =>
  mxOf(names, addresses)
    .map(({ name, address }) => `      - { name: ${name}, address: ${word(address)} }`)
    .join('\n');

/** The inventory names of the hosts; null where there is no workstation. */
interface Names {
  readonly relay: string;
  readonly gateway: string;
  readonly workstation: string | null;
}

/** The first labels of the hosts' names, or their roles where the labels are not different. */
function namesOf({ relay, gateway, workstation }: Answers, found: Found): Names {
  const label = (ssh: string, host: ExaminedHost | undefined): string =>
    ((nameIn(ssh) ?? host?.hostname ?? '').split('.')[0] ?? '').toLowerCase();
  const names = {
    relay: label(relay, found.relay),
    gateway: label(gateway, found.gateway),
    workstation: workstation === '' ? null : label(workstation, found.workstation),
  };
  const all = Object.values(names).filter(name => name !== null);
  if (new Set(all).size === all.length && all.every(name => /^[a-z][a-z0-9-]*$/.test(name))) return names;
  return { relay: 'relay', gateway: 'gateway', workstation: workstation === '' ? null : 'workstation' };
}

/** The name of the host in an ssh destination; null for an address and for this machine. */
function nameIn(ssh: string): string | null {
  const host = destinationOf(ssh)?.host ?? '';
  return host === '' || host === 'local' || familyOf(host) !== null ? null : host;
}

function lanName(ssh: string, name: string, host: ExaminedHost | undefined): string {
  const isFull = (host: string | null | undefined): host is string =>
    /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(host ?? '');
  return ([nameIn(ssh), host?.hostname].find(isFull) ?? `${name}.lan`).toLowerCase();
}

/** The ends of a tunnel network: ::2 or .2 is the relay, ::1 or .1 the gateway. */
function tunnelEndsOf(answers: Answers): { readonly relay: string; readonly gateway: string } {
  const network = networkOf(answers.tunnel);
  const base = familyOf(network) === 4 ? network.replace(/\d+$/, '') : network;
  return { relay: `${base}2`, gateway: `${base}1` };
}
