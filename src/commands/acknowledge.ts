/** Records on hosts that their lost mail is known. */
import type { AskedHost, HostFacts } from '../checks/host-facts.ts';
import { ACKNOWLEDGE } from '../facts/losses.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { command } from '../run/command.ts';
import { type Session, sectionOf } from '../run/exchange.ts';
import { Failure } from '../run/failure.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { connectionsTo } from './connections.ts';

/**
 * From now on, mail that was lost until the hosts were asked counts as known and is not a problem.
 * @throws Failure for a host that could not be reached or written to; it is recorded on the others.
 */
export async function acknowledge(fleet: Fleet, chosen: readonly AskedHost[]): Promise<void> {
  const connections = connectionsTo(fleet);
  const results = await Promise.allSettled(
    chosen.map(async asked => {
      if (!asked.reached) throw asked.failure;
      const session = await connections.connect(asked.host);
      await note(asked, session).finally(() => session.close());
    }),
  );
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function note({ host, clock }: HostFacts, session: Session): Promise<void> {
  if (!clock) throw new Failure('step-failed', 'its clock could not be read', host.name, `date, on ${host.name}`);
  const record = command(ACKNOWLEDGE, STATE_DIRECTORY, String(clock.now));
  const [answer] = await session.exchange([sectionOf('step', 'acknowledges lost mail', record)]);
  if (answer?.exit !== 0)
    throw new Failure(
      'step-failed',
      `${STATE_DIRECTORY}/acknowledged could not be written: ${answer?.stderr.toString('utf8').trim() ?? ''}`,
      host.name,
      `see whether /var is full or read-only: df /var, on ${host.name}`,
    );
}
