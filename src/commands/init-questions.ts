import { randomBytes } from 'node:crypto';
import { familyOf, shortAddress } from '../hosts/addresses.ts';
import { quoted } from '../hosts/inventory/errors.ts';
import {
  type Complaint,
  complaintAbout,
  deliveryTarget,
  endpoint,
  hostAddress,
  hostName,
  mailDomain,
  publicName,
  recipient,
  type Word,
} from '../hosts/inventory/formats.ts';
import { sshDestination } from '../hosts/inventory/ssh-formats.ts';
import type { Answers } from './init-answers.ts';
import { type Found, lanFound, recipientFound, tunnelFound } from './init-found.ts';
import { mxWrong } from './init-mx.ts';

/** A question of `mailtun init`, with its default and its check. */
export interface Question {
  readonly key: keyof Answers;
  readonly prompt: string;
  /** Whether it is asked; otherwise the answer is empty. */
  readonly when?: (answers: Partial<Answers>) => boolean;
  /** The default, for an empty line or a missing option; null where an answer is required. */
  readonly usual: (answers: Partial<Answers>, found: Found) => string | null;
  readonly wrong: (answer: string, earlier: Partial<Answers>) => Complaint | null;
}

const none = (): null => null;
const one = (word: Word) => (answer: string) => complaintAbout(word, answer);
const each = (word: Word) => (answer: string) => firstOf(answer === '' ? [''] : wordsOf(answer), one(word));

/** The option that answers a question: `--gateway-lan`. */
export const optionOf = ({ key }: Question): string =>
  `--${key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;

/** The questions in their order: defaults of later ones depend on earlier answers. */
export const questions: readonly Question[] = [
  { key: 'domain', prompt: 'Mail domain, or several', usual: none, wrong: each(mailDomain) },
  { key: 'relay', prompt: 'Relay, as typed after ssh', usual: none, wrong: one(sshDestination) },
  {
    key: 'address',
    prompt: 'Public addresses of the relay, separated by blanks',
    usual: (_, { relay }) => relay?.outside.map(one => one.address).join(' ') || null,
    wrong: each(hostAddress),
  },
  {
    key: 'endpoint',
    prompt: 'Address or name to which the gateway sends its WireGuard packets',
    usual: ({ address }) => firstIPv4(address),
    wrong: one(endpoint),
  },
  {
    key: 'mx',
    prompt: 'MX names of those addresses, in the same order',
    usual: mxNames,
    wrong: (answer, { address }) => each(publicName)(answer) ?? mxWrong(wordsOf(answer), wordsOf(address ?? '')),
  },
  {
    key: 'outbound',
    prompt: 'Name under which mail is sent',
    usual: ({ domain }) => `smtp.${firstDomain(domain)}`,
    wrong: one(publicName),
  },
  { key: 'gateway', prompt: 'Gateway at home, as typed after ssh', usual: none, wrong: one(sshDestination) },
  {
    key: 'workstation',
    prompt: 'Workstation that delivers mail, in the same form; empty if the gateway delivers',
    usual: () => '',
    wrong: answer => (answer === '' ? null : complaintAbout(sshDestination, answer)),
  },
  {
    key: 'recipient',
    prompt: 'Recipients, as name=login, separated by blanks',
    usual: recipientFound,
    wrong: recipientsWrong,
  },
  {
    key: 'gatewayLan',
    prompt: "Gateway's address in the LAN, or name=address",
    when: ({ workstation }) => workstation !== '',
    usual: (answers, found) => lanFound(answers, found, 'gateway'),
    wrong: lanWrong,
  },
  {
    key: 'workstationLan',
    prompt: "Workstation's address in the LAN, or name=address",
    when: ({ workstation }) => workstation !== '',
    usual: (answers, found) => lanFound(answers, found, 'workstation'),
    wrong: lanWrong,
  },
  {
    key: 'tunnel',
    prompt: 'First address of a /64 (IPv4: a /24) for the tunnel',
    usual: (_, found) => tunnelFound(found) ?? privateNetwork(),
    wrong: networkWrong,
  },
];

/** The domain of the hosts' names. */
export const firstDomain = (domains = ''): string => wordsOf(domains)[0] ?? '';

/** The words of an answer. */
export const wordsOf = (answer: string): string[] => answer.split(/\s+/).filter(Boolean);

const firstIPv4 = (addresses = ''): string | null =>
  wordsOf(addresses).find(address => familyOf(address) === 4) ?? wordsOf(addresses)[0] ?? null;

function mxNames({ address = '', domain }: Partial<Answers>): string {
  return wordsOf(address)
    .map((_, index) => `mx${index + 1}.${firstDomain(domain)}`)
    .join(' ');
}

/** A random network of those that are not routed on the internet (RFC 4193). */
function privateNetwork(): string {
  const [a, b, c, d, e] = randomBytes(5).toString('hex').match(/../g) ?? [];
  return shortAddress(`fd${a}:${b}${c}:${d}${e}::`);
}

/** `NAME=ADDRESS`, or an address alone. */
export function lanParts(answer: string): { name: string | null; address: string } {
  const [first = '', second] = answer.split('=', 2);
  return second === undefined ? { name: null, address: first } : { name: first, address: second };
}

function lanWrong(answer: string): Complaint | null {
  const { name, address } = lanParts(answer);
  return (name === null ? null : complaintAbout(hostName, name)) ?? complaintAbout(hostAddress, address);
}

/** A network without its length, which is always /64 or /24. */
export const networkOf = (answer: string): string =>
  answer.replace(familyOf(answer.replace(/\/.*/, '')) === 4 ? /\/24$/ : /\/64$/, '');

function networkWrong(typed: string): Complaint | null {
  const answer = networkOf(typed);
  const isNetwork = familyOf(answer) === 4 ? answer.endsWith('.0') : answer.endsWith('::');
  if (isNetwork) return complaintAbout(hostAddress, answer);
  return {
    what: `${quoted(answer)} is not the first address of a network`,
    remedy: 'write it as fd12:3456:789a:: or 10.1.2.0',
  };
}

function recipientsWrong(answer: string): Complaint | null {
  const pairs = wordsOf(answer);
  if (pairs.length === 0) return { what: 'there is no recipient', remedy: 'write at least one, as in postmaster=ana' };
  return firstOf(pairs, pair => {
    const [local = '', login = ''] = pair.split('=');
    return complaintAbout(recipient, local) ?? complaintAbout(deliveryTarget, login);
  });
}

function firstOf<Item, Found>(items: readonly Item[], check: (item: Item) => Found | null): Found | null {
  for (const item of items) {
    const found = check(item);
    if (found !== null) return found;
  }
  return null;
}
