/** A host made of claims that are true or not, for the flow of a run: no shell, no files. */
import { command } from '../../src/run/command.ts';
import { ConnectionLost } from '../../src/run/connection-lost.ts';
import { converge } from '../../src/run/converge.ts';
import type { Answer, Session } from '../../src/run/exchange.ts';
import { fact } from '../../src/run/fact.ts';
import { Failure } from '../../src/run/failure.ts';
import { type Change, change, type Resource, reason } from '../../src/run/resource.ts';
import type { Outcome, RunOptions, Target } from '../../src/run/target.ts';
import { DEAD_MAN } from '../../src/tasks/rollback.ts';
import { answer } from '../answers.ts';

export interface FakeHost {
  readonly name: string;
  /** Names of the resources that are as wanted. */
  readonly done: Set<string>;
  /** Names of the resources that stay as they are, whatever is done. */
  readonly never: Set<string>;
  /** Labels of the sections that ran, but for questions; `connects` for each connection. */
  readonly log: string[];
  /** The facts that each exchange has asked for, by name; none where it asked nothing. */
  readonly asked: (readonly string[])[];
  /** What a section answers instead of success, by label; once. Or the connection is lost, before or after it ran. */
  readonly troubles: Map<string, Answer | 'lost before' | 'lost after'>;
  /** Connections after the first one that are refused. */
  refusals: number;
  /** Whether no run has changed it yet. */
  bare: boolean;
  /** Whether another run has armed its switch. */
  armed: boolean;
  /** What a connection waits for once `arms the dead-man switch` has been done. */
  hangs: () => Promise<void>;
  readonly target: Target;
}

/** What a resource is about, in order. */
export type Want = readonly [name: string, risk?: Change['risk'], cuts?: boolean];

/** @param more of its target; `log` where hosts share one. */
export function fakeHost(
  name: string,
  wants: readonly Want[],
  verification: 'verification' | 'none' = 'none',
  { log = [], ...more }: Partial<Target> & { log?: string[] } = {},
): FakeHost {
  let isArmed = false;
  const host: FakeHost = {
    name,
    done: new Set(),
    never: new Set(),
    log,
    asked: [],
    troubles: new Map(),
    refusals: 0,
    bare: false,
    armed: false,
    hangs: async () => {},
    target: {
      host: name,
      assigned: wants.map(([want, risk, cuts]) => ({ task: 'task', resource: claim(want, risk ?? null, cuts) })),
      publishes: [],
      connect: async () => session(),
      reconnect: async () => {
        if (host.refusals-- > 0) throw new Failure('connection-refused', 'connection refused', name, '');
        return session();
      },
      verification: () => (verification === 'verification' ? { of: 'the tunnel', command: command('prove it') } : null),
      ...more,
    },
  };

  function session(): Session {
    host.log.push('connects');
    let isDead = false;
    let roundTrips = 0;
    return {
      host: name,
      get roundTrips() {
        return roundTrips;
      },
      async exchange(sections) {
        if (isDead) throw new Failure('connection-lost', 'the connection is gone', name, '');
        roundTrips += 1;
        host.asked.push(sections.flatMap(({ label }) => /^asks (.*)$/.exec(label)?.slice(1) ?? []));
        let failed = false;
        const answers: (Answer | null)[] = [];
        for (const { label, kind } of sections) {
          if (kind === 'step' && failed) {
            answers.push(null);
            continue;
          }
          const trouble = host.troubles.get(label);
          host.troubles.delete(label);
          if (trouble === 'lost before' || trouble === 'lost after') {
            if (trouble === 'lost after') run(label);
            isDead = true;
            throw new ConnectionLost(
              { code: 'connection-lost', what: 'lost', where: name, remedy: '' },
              { answers: [], running: label },
            );
          }
          const said = trouble ?? run(label);
          if (kind === 'step') failed = said.exit !== 0;
          answers.push(said);
          if (label === 'arms the dead-man switch') await host.hangs();
        }
        return answers;
      },
      close: async () => {},
    };
  }

  function run(label: string): Answer {
    const asked = /^asks claim (.*)$/.exec(label)?.[1];
    if (asked !== undefined) return answer(host.done.has(asked) ? 'yes' : 'no');
    if (label === 'checks for interrupted runs') return answer(isArmed || host.armed ? 'unended\n' : '');
    if (label === 'takes the lock of a fresh host') return answer('', host.bare ? 0 : 3);
    if (/^(looks at|reads|sums) /.test(label)) return answer();
    host.log.push(label);
    const made = /^task: makes (.*)$/.exec(label)?.[1];
    if (made !== undefined && !host.never.has(made)) host.done.add(made);
    if (/dead-man switch|rolls back/.test(label)) isArmed = label.startsWith('arms');
    if (label === 'rolls back the risky changes') for (const [want, risk] of wants) if (risk) host.done.delete(want);
    return answer();
  }
  return host;
}

/** Whether a resource is as wanted. */
export const claimed = (name: string) => fact(`claim ${name}`, command(''), text => text === 'yes');

const claim = (name: string, risk: Change['risk'], cutsConnections = false): Resource => ({
  id: name,
  questions: [claimed(name)],
  judge: observed =>
    observed.get(claimed(name))
      ? null
      : change(name, reason('file-differs', 'not so'), [{ label: `makes ${name}`, command: command('') }], {
          risk,
          cutsConnections,
        }),
});

/** A run over these hosts. */
export const run = (
  hosts: readonly FakeHost[],
  check = false,
  onProgress: RunOptions['onProgress'] = () => {},
  mayTakeOver: RunOptions['mayTakeOver'] = async () => true,
): Promise<readonly Outcome[]> =>
  converge(
    hosts.map(host => host.target),
    {
      check,
      mayTakeOver,
      onProgress,
      concurrency: 10,
      provided: new Map(),
      deadMan: DEAD_MAN,
      deadManSeconds: 1,
    },
  );
