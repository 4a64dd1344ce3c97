import { familyOf } from '../hosts/addresses.ts';
import { destinationOf } from '../hosts/inventory/ssh-words.ts';
import type { FirstLook } from './first-look.ts';
import type { Answers } from './init-answers.ts';
import { type Found, foundText, type Role } from './init-found.ts';
import { mxOf } from './init-mx.ts';
import { firstDomain, lanParts, networkOf, wordsOf } from './init-questions.ts';

/** A first inventory, with comments on what may be changed. */
export function inventoryText(answers: Answers, found: Found = {}): string {
  const { outbound } = answers;
  const [domain, domains] = [firstDomain(answers.domain), wordsOf(answers.domain)];
  const [relay, gateway, workstation] = namesOf(answers, found);
  const [relayEnd, gatewayEnd] = tunnelEndsOf(networkOf(answers.tunnel));
  const addresses = wordsOf(answers.address);
  const lan = (role: 'gateway' | 'workstation', name: string, answer: string) => {
    const { name: said, address } = lanParts(answer);
    return `lan: { name: ${word(said ?? lanName(answers[role], name, found[role]))}, address: ${word(address)} }`;
  };
  const seen = (role: Role): string => (found[role] ? `  # Found: ${foundText(found[role])}\n` : '');
  return `# yaml-language-server: $schema=mailtun.schema.json
#
# Inventory of mailtun. "mailtun schema > mailtun.schema.json" lets editors complete and explain its keys.
# Next: mailtun provision --check

domain: ${domains.length === 1 ? domain : `[${domains.join(', ')}]`}

# tunnel: { interface: wg0, port: 6900, keepalive: 15, preshared_key: false }

mail:
  # Local part: login on the machine that delivers.
  recipients:
${recipientLines(answers.recipient)}
  # queue_ttl: 20d              how long mail waits for a tunnel that is down
  # bounces: drop               or send
  # maildir: maildir/in         below the recipient's home

hosts:
  # Takes mail from the internet.
${seen('relay')}  ${relay}:
    role: relay
    ssh: ${word(answers.relay)}
    endpoint: ${word(answers.endpoint)}        # where the gateway sends its WireGuard packets
    tunnel: { name: vpn1.${domain}, address: ${word(relayEnd)} }
    mx:
${mxLines(wordsOf(answers.mx), addresses)}
    outbound: { name: ${outbound}, addresses: [${addresses.map(word).join(', ')}] }
    certificates: self_signed     # or { acme: { contact: hostmaster@${domain} } }

  # Keeps the tunnel up${workstation === null ? ' and delivers' : ' and passes mail on'}.
${seen('gateway')}  ${gateway}:
    role: gateway
    ssh: ${word(answers.gateway)}
    tunnel: { name: vpn0.${domain}, address: ${word(gatewayEnd)} }
${
  workstation === null
    ? ''
    : `    ${lan('gateway', gateway, answers.gatewayLan)}

  # Delivers.
${seen('workstation')}  ${workstation}:
    role: workstation
    ssh: ${word(answers.workstation)}
    ${lan('workstation', workstation, answers.workstationLan)}
`
}`;
}

/** Quotes what YAML would take for something else: an address that begins or ends with a colon, a number, a null. */
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

/** Inventory names: the first labels of names, or the roles where those do not tell the hosts apart. */
function namesOf(
  { relay, gateway, workstation }: Answers,
  found: Found,
): [relay: string, gateway: string, workstation: string | null] {
  const label = (ssh: string, look: FirstLook | undefined): string =>
    ((nameIn(ssh) ?? look?.hostname ?? '').split('.')[0] ?? '').toLowerCase();
  const names = [label(relay, found.relay), label(gateway, found.gateway), label(workstation, found.workstation)];
  const [first = '', second = '', third = ''] = names;
  const areGood = new Set(names).size === 3 && [first, second].every(name => /^[a-z][a-z0-9-]*$/.test(name));
  if (workstation === '') return areGood ? [first, second, null] : ['relay', 'gateway', null];
  return areGood && /^[a-z][a-z0-9-]*$/.test(third) ? [first, second, third] : ['relay', 'gateway', 'workstation'];
}

/** The name of the host in an ssh destination; null for an address and for this machine. */
function nameIn(ssh: string): string | null {
  const host = destinationOf(ssh)?.host ?? '';
  return host === '' || host === 'local' || familyOf(host) !== null ? null : host;
}

function lanName(ssh: string, name: string, look: FirstLook | undefined): string {
  const isFull = (host: string | null | undefined): host is string =>
    /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(host ?? '');
  return ([nameIn(ssh), look?.hostname].find(isFull) ?? `${name}.lan`).toLowerCase();
}

/** The article's ends of a tunnel network: ::2 for the relay, ::1 for the gateway; .2 and .1 likewise. */
function tunnelEndsOf(network: string): [relay: string, gateway: string] {
  const base = familyOf(network) === 4 ? network.replace(/\d+$/, '') : network;
  return [`${base}2`, `${base}1`];
}
