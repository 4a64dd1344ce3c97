/**
 * Names in mailtun's block of hosts(5) that smtpd(8) still relays to. Without them it asks DNS, where a host may have another
 * address, which refuses that mail permanently, or none, which is a permanent error as well. Pure.
 */
import { addressOfName, type HostsLine, parseHostsFile } from '../facts/hosts-file.ts';
import { serviceState } from '../facts/service-state.ts';
import { entriesOf, parseSmtpdConf, relayUrl, type SmtpdConf } from '../facts/smtpd-conf.ts';
import { BEGIN, END } from '../resources/block.ts';
import { type Observed, textOf } from '../run/resource.ts';
import { CONF } from './in-force.ts';
import { EMPTIED } from './retiring.ts';

/** The comment after names that a run has begun to remove: whatever leave that needs, it had. */
export const LEAVING = '\t# until smtpd is restarted';

/** The lines of mailtun's block. */
export function linesInBlock(file: string): readonly HostsLine[] {
  const [begin, end] = [file.indexOf(BEGIN), file.indexOf(END)];
  return begin < 0 ? [] : parseHostsFile(file.slice(begin, Math.max(begin, end)));
}

/** The hosts that an smtpd.conf(5) relays to, in lower case. */
export const relayedTo = (conf: SmtpdConf): readonly string[] =>
  conf.actions.flatMap(({ host }) => entriesOf(host, conf).map(([key, value]) => relayUrl(value ?? key).host));

/** The addresses whose mail an smtpd.conf(5) relays to a host, as far as its rules list them. */
export function recipientsAt(name: string, conf: SmtpdConf): readonly string[] {
  const actions = conf.actions.filter(one => relayedTo({ ...conf, actions: [one] }).includes(name.toLowerCase()));
  const rules = conf.matches.filter(({ action }) => actions.some(one => one.name === action));
  return rules.flatMap(({ rcptTo }) => (rcptTo === null ? [] : entriesOf(rcptTo.of, conf).map(([key]) => key)));
}

/**
 * The hosts that an smtpd.conf(5) would relay to and that hosts(5) does not name, or not only with their own addresses.
 * @param observed with /etc/hosts.
 * @param elsewhere names that have another address as well, in lower case.
 */
export function namesMissing(conf: string, observed: Observed, elsewhere: readonly string[]): readonly string[] {
  const lines = parseHostsFile(textOf(observed, '/etc/hosts'));
  const known = new Set(lines.flatMap(({ names }) => names.map(name => name.toLowerCase())));
  return relayedTo(parseSmtpdConf(conf)).filter(name => !known.has(name) || elsewhere.includes(name));
}

/**
 * Lines to have besides the wanted ones until smtpd has been restarted with a file that does not use their names. The file
 * that a stale smtpd was started with is unknown: it may use any of them.
 * @param observed with answers about /etc/hosts, smtpd.conf(5) and the service.
 * @param newOf the address that the host with an address is to have.
 */
export function linesStillUsed(
  wanted: readonly string[],
  observed: Observed,
  newOf: (address: string) => string | undefined,
): readonly string[] {
  const next = parseHostsFile(wanted.join('\n'));
  const { isRunning, isUnstamped, stale } = observed.get(serviceState('smtpd'));
  const isStale = isRunning && (isUnstamped || stale.length > 0);
  const used = new Set(relayedTo(parseSmtpdConf(textOf(observed, CONF))));
  return linesInBlock(textOf(observed, '/etc/hosts')).flatMap(({ address, names, text: line }) => {
    const wantedAt = names.map(name => addressOfName(name, next));
    const left = names.filter((_, index) => wantedAt[index] === undefined);
    if (!left.some(name => isStale || used.has(name.toLowerCase()))) return [];
    // A host that only has another name may have another address as well, and another host its former one.
    const now = wantedAt.find(one => one !== undefined) ?? newOf(address) ?? address;
    return `${now}\t${left.join(' ')}${line.endsWith(EMPTIED) ? EMPTIED : LEAVING}`;
  });
}
