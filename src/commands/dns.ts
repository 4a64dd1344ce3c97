import { type DnsView, dnsQuestions, dnsViewOf } from '../checks/dns-view.ts';
import { recordSets } from '../checks/public-records.ts';
import { findingsOf } from '../checks/record-findings.ts';
import type { RecordSet } from '../checks/record-set.ts';
import { type Fleet, type Relay, relaysOf } from '../hosts/fleet.ts';
import { progressFor, silentProgress } from '../report/progress.ts';
import { findingsText, isBad, type LeftOut, zoneJson, zoneText } from '../report/zone.ts';
import { observeAll } from '../run/converge.ts';
import { askedTarget, connectionsTo } from './connections.ts';
import { dropKey } from './dns-drop.ts';
import { chosenHosts, loadFleet } from './fleet.ts';
import { type Act, CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/** Options of `mailtun dns`. */
export interface DnsOptions extends CommonOptions {
  /** Whether to compare the records with the answers that the relays get from DNS. */
  readonly check?: boolean;
  /** The selector of a DKIM key to delete first, so that its record is no longer printed. */
  readonly drop?: string;
}

/** Prints the public DNS records that the inventory needs. Resolves to the exit status. */
export const dns: Act<DnsOptions> = async (inventory, options, terminal) => {
  const fleet = await loadFleet(inventory, terminal);
  const chosen = chosenHosts(fleet, options);
  const relays = relaysOf(fleet).filter(relay => chosen.has(relay.name));
  if (options.drop !== undefined && !(await dropKey(fleet, relays, options.drop, terminal))) return EXIT.failed;
  const asks = relays.some(relay => dnsQuestions(relay, fleet, options.check ?? false).length > 0);
  const { views, leftOut } = asks ? await ask(fleet, relays, options, terminal) : NOTHING;
  const sets = recordSets(fleet, {
    dkim: new Map(views.map(({ relay, keys }) => [relay, keys ?? []])),
    tlsa: new Map(views.map(({ relay, tlsa }) => [relay, tlsa])),
  });
  const answer = (set: RecordSet) => (views.find(({ relay }) => relay === set.relay) ?? views[0])?.answer(set) ?? null;
  const findings = options.check ? sets.flatMap(set => findingsOf(set, answer(set))) : null;
  if (options.json) terminal.out(`${JSON.stringify(zoneJson(fleet, sets, leftOut, findings))}\n`);
  else terminal.out(findings === null ? zoneText(fleet, sets, leftOut) : findingsText(findings, leftOut));
  if (findings === null) return leftOut.length > 0 ? EXIT.failed : EXIT.well;
  if (views.length === 0) return EXIT.failed;
  return findings.some(isBad) ? EXIT.unwell : leftOut.length > 0 ? EXIT.failed : EXIT.well;
};

interface Asked {
  /** Of the relays that answered. */
  readonly views: readonly DnsView[];
  readonly leftOut: readonly LeftOut[];
}

const NOTHING: Asked = { views: [], leftOut: [] };

/** Asks each relay, in one exchange, for its public keys and for the answers of DNS. */
async function ask(fleet: Fleet, relays: readonly Relay[], options: DnsOptions, terminal: Terminal): Promise<Asked> {
  const check = options.check ?? false;
  const connections = connectionsTo(fleet);
  const targets = relays.map(relay => askedTarget(relay, connections, dnsQuestions(relay, fleet, check)));
  const observation = await observeAll(targets, {
    concurrency: options.concurrency ?? CONCURRENCY,
    provided: new Map(),
    onProgress: (options.verbose ? progressFor([], options, terminal) : silentProgress).on,
  });
  return {
    views: relays.flatMap((relay, index) => {
      const observed = observation[index]?.observed;
      return observed ? [dnsViewOf(relay, fleet, observed, check)] : [];
    }),
    leftOut: observation.flatMap(({ host, failure }) => (failure ? [{ host, why: failure.what }] : [])),
  };
}
