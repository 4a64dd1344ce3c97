import { describe, expect, it } from 'vitest';
import { outcomeOf, undoingOf } from '../../src/commands/undo-plan.ts';
import { readInventory } from '../../src/hosts/inventory.ts';
import { ConnectionLost } from '../../src/run/connection-lost.ts';
import type { Answer, Section } from '../../src/run/exchange.ts';
import { keptRuns } from '../../src/run/undo.ts';
import { answer } from '../answers.ts';
import { article } from '../hosts/inventories.ts';

const KEPT = `at undo/20261122T080500Z-4f2a
kept replaced /etc/hosts
kept created /etc/mail/secrets
kept service smtpd running
`;

/** A host that was asked what it keeps, and how it answers when its files are read. */
function asked(exchange: (sections: readonly Section[]) => Promise<(Answer | null)[]>) {
  const fleet = readInventory('inventory.yaml', article);
  const [host] = fleet.hosts;
  if (!host) throw new Error('the article has hosts');
  const unused = () => Promise.reject(new Error('nobody connects'));
  const undoing = undoingOf(host, fleet, { connect: unused, reconnect: unused });
  undoing.run = keptRuns(KEPT)[0] ?? null;
  undoing.host.sessions.push({ host: host.name, roundTrips: 1, exchange, close: async () => {} });
  return undoing;
}

describe('undo --check --diff', () => {
  it('reads all files in one exchange, as they are and as they were', async () => {
    const exchanges: string[][] = [];
    const undoing = asked(async sections => {
      exchanges.push(sections.map(section => section.label));
      return ['now\n', 'then\n', '', ''].map(text => answer(text));
    });
    const { changes, failure } = await outcomeOf(undoing, { check: true, diff: true });
    expect(failure).toBeNull();
    expect(changes.map(({ resource, diff }) => [resource, diff])).toEqual([
      ['/etc/hosts', { path: '/etc/hosts', before: 'now\n', after: 'then\n' }],
      ['/etc/mail/secrets', null],
      ['service smtpd', null],
    ]);
    expect(exchanges).toEqual([
      Array.from({ length: 4 }, (_, i) => `reads ${i < 2 ? '/etc/hosts' : '/etc/mail/secrets'}`),
    ]);
  });

  it('of a host that is lost meanwhile is a failure of that host, not of the run', async () => {
    const lost = new ConnectionLost('the connection was lost', 'namorar', 'run again', { answers: [], running: null });
    const { changes, failure } = await outcomeOf(
      asked(() => Promise.reject(lost)),
      { check: true, diff: true },
    );
    expect(failure).toBe(lost);
    expect(changes).toHaveLength(3);
  });
});
