import type { Fleet, Relay } from '../hosts/fleet.ts';
import { failureText } from '../report/failure.ts';
import { command } from '../run/command.ts';
import { type Session, sectionOf } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { DKIM_FOLDER, selectorOf } from '../tasks/dkim.ts';
import { DROP } from '../tasks/dkim-scripts.ts';
import { CONF } from '../tasks/in-force.ts';
import { connectionsTo } from './connections.ts';
import type { Terminal } from './terminal.ts';

/**
 * Deletes an old DKIM key on each relay, so that its record is no longer needed. Resolves to false where a relay keeps
 * it because it still signs or has signed mail that is queued; that has been reported.
 * @throws Failure for a selector that cannot be dropped, before any host is contacted.
 */
export async function dropKey(
  fleet: Fleet,
  relays: readonly Relay[],
  selector: string,
  terminal: Terminal,
): Promise<boolean> {
  const { dkim } = fleet.mail;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(selector))
    throw new Failure('usage', `"${selector}" is not a selector`, '--drop', 'write it as in the record: s2027');
  if (dkim !== null && relays.some(relay => selectorOf(relay, fleet, dkim) === selector))
    throw new Failure(
      'dkim-key-in-use',
      `the inventory uses the key of ${selector}`,
      '--drop',
      'use another selector under mail.dkim',
    );
  const connections = connectionsTo(fleet);
  try {
    const had: boolean[] = [];
    for (const relay of relays) had.push(await drop(selector, relay, await connections.connect(relay)));
    // Dropped by an earlier run, or mistyped: with several relays each has its name in its selector.
    if (!had.includes(true)) terminal.err(`mailtun: no relay has a DKIM key of the selector ${selector}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.err(failureText(error));
    return false;
  }
}

/** Resolves to whether there was such a key. */
async function drop(selector: string, relay: Relay, session: Session): Promise<boolean> {
  const [answer] = await session
    .exchange([sectionOf('step', `deletes the DKIM key ${selector}`, command(DROP, DKIM_FOLDER, selector, CONF))])
    .finally(() => session.close());
  if (answer?.exit !== 0)
    throw new Failure(
      'dkim-key-in-use',
      `the key of ${selector} is kept: ${answer?.stderr.toString('utf8').trim() ?? ''}`,
      relay.name,
      'run mailtun provision once DNS has the new record, and drop the key when no mail that it signed is queued',
    );
  return answer.stdout.toString('utf8') !== 'absent\n';
}
