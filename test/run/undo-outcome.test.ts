import { describe, expect, it } from 'vitest';
import { ConnectionLost } from '../../src/run/connection-lost.ts';
import type { Answer, Section } from '../../src/run/exchange.ts';
import { type HostRun, hostRun } from '../../src/run/host-run.ts';
import { keptRuns } from '../../src/run/kept.ts';
import { undoOutcome } from '../../src/run/undo-outcome.ts';
import { answer } from '../answers.ts';

const KEPT = `at undo/20261122T080500Z-4f2a
kept replaced /etc/hosts
kept created /etc/mail/secrets
kept service smtpd running
`;

/** A host that was asked what it keeps, and how it answers when its files are read. */
function asked(exchange: (sections: readonly Section[]) => Promise<(Answer | null)[]>): HostRun {
  const unused = () => Promise.reject(new Error('nobody connects'));
  const run = hostRun({ host: 'namorar', assigned: [], publishes: [], connect: unused, reconnect: unused });
  run.sessions.push({ host: 'namorar', roundTrips: 1, exchange, close: async () => {} });
  return run;
}

const outcomeOf = (host: HostRun) => undoOutcome(host, keptRuns(KEPT)[0] ?? null, { stays: () => false, diff: true });

describe('undo --check --diff', () => {
  it('reads the present and the kept files in one exchange', async () => {
    const exchanges: string[][] = [];
    const host = asked(async sections => {
      exchanges.push(sections.map(section => section.label));
      return ['now\n', 'then\n', '', ''].map(text => answer(text));
    });
    const { changes, failure } = await outcomeOf(host);
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

  it('fails on a host that is lost meanwhile, and not on the others', async () => {
    const lost = new ConnectionLost(
      { code: 'connection-lost', what: 'the connection was lost', where: 'namorar', remedy: 'run again' },
      { answers: [], running: null },
    );
    const { changes, failure } = await outcomeOf(asked(() => Promise.reject(lost)));
    expect(failure).toBe(lost);
    expect(changes).toHaveLength(3);
  });
});
