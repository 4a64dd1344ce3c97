/** Whether pf(4) on a host passes a packet that mail needs, and what to do if it blocks it. Pure. */
import { inetOf } from '../facts/address-family.ts';
import { blockingRule, type Packet, type RulesSay, rulesSay } from '../facts/pf-rules.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { ANCHOR } from '../tasks/packet-filter.ts';
import type { HostFacts } from './host-facts.ts';
import type { Remedy } from './problem.ts';
import { on, provision } from './remedies.ts';

/** Names by which rules may mean an interface: its own, its groups, and that of its driver. */
export const namesOf = (facts: HostFacts, name: string): readonly string[] => {
  const groups = facts.interfaces.find(one => one.name === name)?.groups ?? [];
  return [name, ...groups, name.replace(/\d+$/, ''), 'all'];
};

/** The first packet of an SMTP connection to one of its addresses. */
export function toPort25(facts: HostFacts, address: string): Packet {
  const at = facts.interfaces.find(one => one.addresses.some(has => has.address === address));
  return { direction: 'in', protocol: 'tcp', address, port: 25, on: at ? namesOf(facts, at.name) : [] };
}

/** What the rules of pf(4) on a host say of a packet; a disabled pf passes everything. */
export const pfSays = ({ pfEnabled, pfRules }: HostFacts, packet: Packet): RulesSay =>
  pfEnabled === false ? 'pass' : rulesSay(pfRules.main, packet, { [ANCHOR]: pfRules.anchor });

/** The rule of the main ruleset or of mailtun's anchor that blocks it; null where none certainly does. */
export const blockedBy = ({ pfEnabled, pfRules }: HostFacts, packet: Packet): string | null =>
  pfEnabled === false ? null : blockingRule(pfRules.main, packet, { [ANCHOR]: pfRules.anchor });

/**
 * If the rules of the anchor differ from the inventory, provision loads them again; else a rule of the user's own blocks the
 * packet. Null where pf is not known to block it.
 */
export function pfRemedy(facts: HostFacts, packet: Packet, fleet: Fleet): Remedy | null {
  if (facts.plan.changes.some(({ task }) => task === 'packet-filter'))
    return provision(fleet, facts.host, 'packet-filter');
  const rule = blockedBy(facts, packet);
  return rule === null ? null : passing(facts, packet, rule);
}

/** As the first rule, and with quick, it decides wherever the blocking rule is. */
const passing = ({ host }: HostFacts, { direction, protocol, address, port }: Packet, rule: string): string => {
  const end = `to ${address}${port > 0 ? ` port ${port}` : ''}`;
  return on(
    host,
    `put "pass ${direction} quick ${inetOf(address)} proto ${protocol} from any ${end}" before the rules of /etc/pf.conf, of which "${rule}" blocks it; pfctl -f /etc/pf.conf`,
  );
};
