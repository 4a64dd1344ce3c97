/** Whether a relay's port 25 can be reached from the internet, as tried from outside. Pure. */
import type { RulesSay } from '../facts/pf-rules.ts';
import { outside } from '../facts/smtp-session.ts';
import { type Fleet, gatewaysOf, type Relay } from '../hosts/fleet.ts';
import type { Heard } from '../hosts/port-25.ts';
import { type AskedHost, factsOf, type HostFacts } from './host-facts.ts';
import { blockedBy, pfRemedy, pfSays, toPort25 } from './pf-remedies.ts';
import { type Problem, problem } from './problem.ts';
import { publicAddress } from './questions.ts';

/** The greetings that the machine that runs mailtun got, by address. */
export type HeardHere = ReadonlyMap<string, Heard>;

type Mx = Relay['mx'][number];

/** One attempt to connect to an mx address from outside. */
interface Attempt {
  readonly from: string;
  readonly heard: boolean;
  readonly why: string;
}

/** The attempts of the gateways, and of the machine that runs mailtun if it made one. */
export function attemptsFromOutside(
  relay: Relay,
  mx: Mx,
  fleet: Fleet,
  { all, heard }: { readonly all: readonly AskedHost[]; readonly heard: HeardHere },
): readonly Attempt[] {
  const address = publicAddress(relay, mx);
  const gateways = gatewaysOf(fleet).flatMap(({ name }): readonly Attempt[] => {
    const said = factsOf(all, name)?.said(outside(address));
    return said ? [attempt(name, said, mx)] : [];
  });
  const here = heard.get(address);
  return [...gateways, ...(here ? [attempt('this machine', here, mx)] : [])];
}

/** Another server may answer: some providers redirect outgoing port 25 to their own. */
function attempt(from: string, { banner, why }: Heard, mx: Mx): Attempt {
  if (banner === null) return { from, heard: false, why };
  const ours = banner.toLowerCase().includes(` ${mx.name} `);
  return { from, heard: ours, why: ours ? '' : `another server answers there: ${banner.slice(0, 80)}` };
}

/** What pf on the relay says of a connection from outside to an mx address. */
const letsMailIn = (facts: HostFacts, mx: Mx): RulesSay => pfSays(facts, toPort25(facts, mx.address));

/** Nobody outside was answered, and pf says why. */
export function filteredMx(facts: HostFacts, mx: Mx, attempts: readonly Attempt[], fleet: Fleet): Problem | null {
  if (attempts.some(({ heard }) => heard) || letsMailIn(facts, mx) !== 'block') return null;
  const { host } = facts;
  const tried = attempts.map(({ from, why }) => `${from}: ${why}`).join('; ');
  const packet = toPort25(facts, mx.address);
  return problem(host, 'mx-filtered', {
    what: `pf on ${host.name} blocks mail to ${mx.name} (${mx.address})`,
    evidence: `pfctl -sr: "${blockedBy(facts, packet)}" stops TCP to ${mx.address} port 25${tried === '' ? '' : `; ${tried}`}`,
    remedy: pfRemedy(facts, packet, fleet) ?? '',
  });
}

/** Why it is unknown whether an mx address can be reached; null if it was reached. */
export function untested(facts: HostFacts, mx: Mx, attempts: readonly Attempt[]): string | null {
  if (attempts.some(({ heard }) => heard)) return null;
  const tried = attempts.map(({ from, why }) => `${from}: ${why}`).join('; ');
  const rules = { pass: '; pf passes it', block: '', unclear: '; the rules of pf for it are unclear' }[
    letsMailIn(facts, mx)
  ];
  return `${mx.name} (${mx.address}) could not be reached from outside${tried === '' ? '' : ` (${tried})`}${rules}`;
}
