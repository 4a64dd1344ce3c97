import { sessionsWith } from '../facts/refusals.ts';
import { bracketed, familyOf, shortAddress } from '../hosts/addresses.ts';
import { type Fleet, relaysOf } from '../hosts/fleet.ts';
import { pageColumns } from '../report/page.ts';
import { type Why, whyJson, whyText } from '../report/why.ts';
import { observeAll } from '../run/converge.ts';
import { Failure } from '../run/failure.ts';
import { askedTarget, connectionsTo } from './connections.ts';
import { chosenHosts } from './fleet.ts';
import { CONCURRENCY, type CommonOptions, EXIT, type Terminal } from './terminal.ts';

/**
 * Prints what the mail logs of the relays say about mail from a sender. Resolves to the exit status.
 * @param who a mail address, a domain, or the address of a client.
 */
export async function why(fleet: Fleet, who: string, options: CommonOptions, terminal: Terminal): Promise<number> {
  const question = sessionsWith(wordsOf(who));
  const chosen = chosenHosts(fleet, options);
  const relays = relaysOf(fleet).filter(({ name }) => chosen.has(name));
  const connections = connectionsTo(fleet);
  const targets = relays.map(relay => askedTarget(relay, connections, [question]));
  const observation = await observeAll(targets, {
    concurrency: options.concurrency ?? CONCURRENCY,
    provided: new Map(),
    onProgress: () => {},
  });
  const found = observation.map(({ host, observed, failure }): Why => {
    return { host, failure, sessions: observed?.get(question) ?? [] };
  });
  if (options.json) terminal.out(`${JSON.stringify(whyJson(who, found))}\n`);
  else terminal.out(whyText(who, found, pageColumns(terminal.columns)));
  return found.some(({ failure }) => failure) ? EXIT.failed : EXIT.well;
}

/** The text to search for, as in the log of smtpd (smtp_session.c). @throws Failure for other text. */
function wordsOf(who: string): readonly string[] {
  if (familyOf(who) !== null) {
    const address = shortAddress(who);
    return [`connected address=${bracketed(address)} `];
  }
  if (/^[^\s<>"@]*@[^\s<>"@]+$/.test(who)) return [`<${who}>`];
  if (/^[A-Za-z0-9_.-]+$/.test(who)) return [`@${who}>`, ` host=${who}`];
  throw new Failure(
    'usage',
    `${JSON.stringify(who)} is not a mail address, a domain or the address of a host`,
    'doctor --why',
    'write it as alice@example.net, example.net, 192.0.2.1 or 2001:db8::1',
  );
}
