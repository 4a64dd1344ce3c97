/** A session that is opened again if its connection is lost before it has changed anything. */
import { ConnectionLost } from '../run/connection-lost.ts';
import type { Session } from '../run/exchange.ts';

/**
 * Uses `first`, and after a lost connection another session.
 * @param first over a master connection, which may end at any time.
 * @param anew opens a session over a new connection; called once at most.
 */
export function fallingBack(first: Session, anew: () => Promise<Session>): Session {
  let second: Promise<Session> | null = null;
  let own: Session | null = null;
  let hasChanged = false;
  const exchange: Session['exchange'] = async (sections, options = {}) => {
    if (second) return (await second).exchange(sections, options);
    hasChanged ||= sections.some(({ kind }) => kind === 'step');
    let answered = 0;
    try {
      return await first.exchange(sections, {
        ...options,
        onAnswer(index, answer) {
          answered = index + 1;
          options.onAnswer?.(index, answer);
        },
      });
    } catch (error) {
      if (hasChanged || !(error instanceof ConnectionLost)) throw error;
      second ??= anew();
      own = await second;
      return own.exchange(sections, {
        ...options,
        onAnswer(index, answer) {
          if (index >= answered) options.onAnswer?.(index, answer);
        },
      });
    }
  };
  return {
    host: first.host,
    get roundTrips() {
      return first.roundTrips + (own?.roundTrips ?? 0);
    },
    exchange,
    async close() {
      await first.close();
      await (await second?.catch(() => null))?.close();
    },
  };
}
