import { familyOf } from '../hosts/addresses.ts';
import { destinationOf } from '../hosts/inventory/ssh-words.ts';
import { type Answers, wordsOf } from './init-questions.ts';

/** A first inventory, with comments on what may be changed. */
export function inventoryText(answers: Answers): string {
  const { domain, outbound } = answers;
  const [relay, gateway, workstation] = namesOf(answers);
  const [relayEnd, gatewayEnd] = tunnelEndsOf(answers.tunnel);
  const addresses = wordsOf(answers.address);
  const lan = (ssh: string, name: string, address: string) =>
    `lan: { name: ${lanName(ssh, name)}, address: ${word(address)} }`;
  return `# yaml-language-server: $schema=mailtun.schema.json
#
# Inventory of mailtun. "mailtun schema > mailtun.schema.json" lets editors complete and explain its keys.
# Next: mailtun provision --check

domain: ${domain}

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
  ${relay}:
    role: relay
    ssh: ${word(answers.relay)}
    endpoint: ${word(answers.endpoint)}        # where the gateway sends its WireGuard packets
    tunnel: { name: vpn1.${domain}, address: ${word(relayEnd)} }
    mx:
${mxLines(wordsOf(answers.mx), addresses)}
    outbound: { name: ${outbound}, addresses: [${addresses.map(word).join(', ')}] }
    certificates: self_signed     # or { acme: { contact: hostmaster@${domain} } }

  # Keeps the tunnel up${workstation === null ? ' and delivers' : ' and passes mail on'}.
  ${gateway}:
    role: gateway
    ssh: ${word(answers.gateway)}
    tunnel: { name: vpn0.${domain}, address: ${word(gatewayEnd)} }
${
  workstation === null
    ? ''
    : `    ${lan(answers.gateway, gateway, answers.gatewayLan)}

  # Delivers.
  ${workstation}:
    role: workstation
    ssh: ${word(answers.workstation)}
    ${lan(answers.workstation, workstation, answers.workstationLan)}
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

/** Each address has a name; where there are fewer names, the last one stands for the rest. */
const mxLines = (names: readonly string[], addresses: readonly string[]): string =>
  addresses
    .map((address, index) => `      - { name: ${names[index] ?? names.at(-1)}, address: ${word(address)} }`)
    .join('\n');

/** Inventory names: the first labels of the ssh destinations, or the roles where those do not tell the hosts apart. */
function namesOf({
  relay,
  gateway,
  workstation,
}: Answers): [relay: string, gateway: string, workstation: string | null] {
  const names = [relay, gateway, workstation].map(ssh => {
    const host = destinationOf(ssh)?.host ?? '';
    return familyOf(host) === null && host !== 'local' ? (host.split('.')[0] ?? '').toLowerCase() : '';
  });
  const [first = '', second = '', third = ''] = names;
  const areGood = new Set(names).size === 3 && [first, second].every(name => /^[a-z][a-z0-9-]*$/.test(name));
  if (workstation === '') return areGood ? [first, second, null] : ['relay', 'gateway', null];
  return areGood && /^[a-z][a-z0-9-]*$/.test(third) ? [first, second, third] : ['relay', 'gateway', 'workstation'];
}

function lanName(ssh: string, name: string): string {
  const host = destinationOf(ssh)?.host ?? '';
  return familyOf(host) === null && /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(host) ? host.toLowerCase() : `${name}.lan`;
}

/** The article's ends of a tunnel network: ::2 for the relay, ::1 for the gateway; .2 and .1 likewise. */
function tunnelEndsOf(network: string): [relay: string, gateway: string] {
  const base = familyOf(network) === 4 ? network.replace(/\d+$/, '') : network;
  return [`${base}2`, `${base}1`];
}
