/** The public records of an inventory, as zone file text, as a comparison and as JSON. */
import { domainOfName } from '../checks/public-records.ts';
import type { Finding } from '../checks/record-findings.ts';
import type { RecordSet } from '../checks/record-set.ts';
import { ownerText, recordText, valueText } from '../checks/record-text.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { plural } from '../run/plural.ts';
import { printable } from './printable.ts';

/** A relay whose records are left out, and why. */
export interface LeftOut {
  readonly host: string;
  readonly why: string;
}

/** A block per domain, then other names, then comments on records that only others can set. Ends with a newline. */
export function zoneText(fleet: Fleet, sets: readonly RecordSet[], leftOut: readonly LeftOut[]): string {
  const forward = sets.filter(set => set.type !== 'PTR');
  const width = Math.max(...forward.map(set => ownerText(set).length));
  const lines = (of: readonly RecordSet[]): readonly string[] => of.flatMap(set => setLines(set, width));
  const blocks = [...fleet.domains, null].map(domain => {
    const own = forward.filter(set => domainOfName(set.name, fleet) === domain);
    if (own.length === 0) return [];
    return [
      `; ${domain ?? 'names outside the mail domains'}`,
      ...lines(own),
      ...(domain === null ? [] : tlsRpt(domain, fleet)),
    ];
  });
  const reverse = sets.filter(set => set.type === 'PTR').flatMap(set => lineOf(set, 0));
  const provider =
    reverse.length === 0 ? [] : ['; to be set by the provider of the addresses:', ...reverse.map(line => `; ${line}`)];
  const missing = leftOut.map(({ host, why }) => `; left out: the keys of ${host}: ${why}`);
  return printable(
    `${[...blocks, provider, missing]
      .filter(block => block.length > 0)
      .map(block => block.join('\n'))
      .join('\n\n')}\n`,
  );
}

const lineOf = (set: RecordSet, width: number): readonly string[] =>
  (set.wanted ?? []).map(
    ({ value }) => `${ownerText(set).padEnd(width)} IN ${set.type.padEnd(4)} ${valueText(set, value)}`,
  );

const setLines = (set: RecordSet, width: number): readonly string[] =>
  set.wanted === null && (set.kind === 'dkim' || set.kind === 'tlsa')
    ? [`; ${ownerText(set)} IN ${set.type}: ${set.relay} has not made the key yet, or could not be asked`]
    : set.wanted === null && set.kind === 'address'
      ? [`; ${ownerText(set)} IN ${set.type}: the public address of a private one, which is not in the inventory`]
      : lineOf(set, width);

/** Reports of failed TLS are optional (RFC 8460). */
const tlsRpt = (domain: string, fleet: Fleet): readonly string[] => [
  `; optional, reports of failed TLS:`,
  `; _smtp._tls.${domain}. IN TXT "v=TLSRPTv1; rua=mailto:${fleet.mail.dmarc?.reports ?? `postmaster@${domain}`}"`,
];

/** The differences, one per line, with the answers of DNS; ends with a newline. */
export function findingsText(findings: readonly Finding[], leftOut: readonly LeftOut[]): string {
  const bad = findings.filter(isBad);
  const open = findings.filter(one => one.state === 'unknown');
  const lines = [...bad, ...open].flatMap(one => [
    `${one.state.padEnd(7)}  ${recordText(one.set, one.value)}`,
    ...(one.state === 'missing' && one.said === '' ? [] : [`         ${saidText(one)}`]),
  ]);
  const left = leftOut.map(({ host, why }) => `unknown  the keys of ${host}: ${why}`);
  const well = findings.filter(one => one.state === 'well').length;
  const counts = [
    `${plural(well, 'record')} correct`,
    `${bad.length} not correct`,
    ...(open.length > 0 ? [`${open.length} unknown`] : []),
  ];
  return printable(`${[...lines, ...left, counts.join(', ')].join('\n')}\n`);
}

const saidText = ({ said, sender }: Finding): string =>
  sender === undefined ? `DNS: ${said}` : `DNS: ${said}, which does not let ${sender} send`;

/** Whether a record is wrong or missing, or should be removed. */
export const isBad = ({ state }: Finding): boolean => state === 'missing' || state === 'wrong' || state === 'stale';

/** The document of --json. @param findings null without --check. */
export function zoneJson(
  fleet: Fleet,
  sets: readonly RecordSet[],
  leftOut: readonly LeftOut[],
  findings: readonly Finding[] | null,
): object {
  const record = (set: RecordSet, value: string) => ({
    domain: domainOfName(set.type === 'PTR' ? value : set.name, fleet),
    purpose: set.kind,
    name: ownerText(set),
    type: set.type,
    value: valueText(set, value),
  });
  return {
    command: 'dns',
    check: findings !== null,
    records: sets.flatMap(set => (set.wanted ?? []).map(({ value }) => record(set, value))),
    ...(findings === null
      ? {}
      : { findings: findings.map(one => ({ state: one.state, ...record(one.set, one.value), said: one.said })) }),
    leftOut,
  };
}
