import { describe, expect, test } from 'vitest';
import type { Fleet, Host } from '../../src/hosts/fleet.ts';
import { diffText } from '../../src/report/diff.ts';
import { provisionText } from '../../src/report/provision.ts';
import type { Answer } from '../../src/run/exchange.ts';
import { Failure } from '../../src/run/failure.ts';
import { movesOf, stagesOf } from '../../src/run/perform.ts';
import { type Plan, plan, publishedBy } from '../../src/run/plan.ts';
import type { FileState, Observed } from '../../src/run/resource.ts';
import type { Outcome } from '../../src/run/target.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { INVENTORY, PASSWORD } from '../../src/tasks/credentials.ts';
import { fc } from '../properties.ts';
import { article, fleetOf, severalStations, singleMachine, twoRelays } from './fleets.ts';

const fleets = [article, singleMachine, severalStations, twoRelays].map(fleetOf);
const HOSTILE = 'H0ST1LE';

/** What a host that means harm might print: bytes, escape sequences, shell text, and nearly what was expected. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    `$(${HOSTILE})`,
    `';${HOSTILE};'`,
    `\u001b]0;${HOSTILE}\u0007\u001b[2J`,
    `../../etc/${HOSTILE}`,
    `-----BEGIN CERTIFICATE-----\n${HOSTILE}\n-----END CERTIFICATE-----\n`,
    `wg0: flags=80c3<UP> mtu 1420\n\twgpeer ${HOSTILE}\n\tinet6 ${HOSTILE} prefixlen ${HOSTILE}\n`,
    `# mailtun: begin\n${HOSTILE}\n`,
    `anchor "mailtun" ${HOSTILE}\n`,
    `enabled\nrunning\n/etc/${HOSTILE}\n`,
    `computed ${HOSTILE}\nwritten ${HOSTILE}\n`,
    `OpenBSD 7.6\n`,
    `OpenBSD ${HOSTILE}\n`,
  ),
);

/** The same with NUL bytes in it, as after a power cut: all of it, its end, or one in the middle. */
const damaged = fc.tuple(text, fc.nat(), fc.constantFrom('all', 'end', 'one')).map(([value, at, how]) => {
  const bytes = Buffer.from(value);
  const from = how === 'all' ? 0 : at % (bytes.length + 1);
  return bytes.fill(0, from, how === 'one' ? Math.min(from + 1, bytes.length) : bytes.length);
});
const bytes = fc.oneof(
  text.map(value => Buffer.from(value)),
  fc.uint8Array({ maxLength: 60 }).map(value => Buffer.from(value)),
  damaged,
);

const answer: fc.Arbitrary<Answer> = fc.record({
  exit: fc.integer({ min: 0, max: 255 }),
  stdout: bytes,
  stderr: bytes,
});
const fileState: fc.Arbitrary<Omit<FileState, 'path'>> = fc.record({
  type: fc.constantFrom('file', 'directory', 'link', 'other', 'missing'),
  mode: fc.oneof(fc.constantFrom('0644', '0600'), text),
  owner: fc.oneof(fc.constant('root'), text),
  group: fc.oneof(fc.constant('wheel'), text),
  content: fc.option(bytes),
  sha256: fc.option(fc.oneof(fc.constant('0'.repeat(64)), text)),
});

/** Every question is answered by one of these, by its name's length: any answer to any question. */
const observed = fc
  .tuple(fc.array(answer, { minLength: 1, maxLength: 7 }), fc.array(fileState, { minLength: 1, maxLength: 7 }))
  .map(
    ([answers, files]): Observed => ({
      file: path => ({ ...(files[path.length % files.length] as FileState), path }),
      get: ({ name, parse }) => parse(answers[name.length % answers.length] as Answer),
    }),
  );

const assignedTo = (host: Host, fleet: Fleet) => assign(allTasks, host, fleet);

/** A run's two judgements over a fleet of liars: what is published by them reaches the others. */
function judged(fleet: Fleet, answers: Observed): readonly { readonly host: Host; readonly plan: Plan }[] {
  const published = new Map(fleet.hosts.map(host => [host.name, publishedBy(assignedTo(host, fleet), answers)]));
  published.set(INVENTORY, { [PASSWORD]: 'secret' });
  return fleet.hosts.map(host => ({ host, plan: plan(assignedTo(host, fleet), answers, published, { now: 0 }) }));
}

const anyRun = fc.tuple(fc.constantFrom(...fleets), observed);

describe('whatever hosts answer', () => {
  test('the only exception is a Failure', () => {
    fc.assert(
      fc.property(anyRun, ([fleet, answers]) => {
        for (const { plan: made } of judged(fleet, answers))
          for (const failure of made.failures) expect(failure).toBeInstanceOf(Failure);
      }),
      { numRuns: 300 },
    );
  });

  test('the changes can be quoted as shell text, or are a Failure as well', () => {
    fc.assert(
      fc.property(anyRun, ([fleet, answers]) => {
        for (const { plan: made } of judged(fleet, answers)) {
          try {
            for (const { section } of [...stagesOf(made.changes), ...movesOf(made.changes)])
              expect(section.script).not.toContain('\0');
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('no script contains any of it: it is only in arguments', () => {
    fc.assert(
      fc.property(anyRun, ([fleet, answers]) => {
        for (const { plan: made } of judged(fleet, answers))
          for (const { command } of made.changes.flatMap(change => change.steps))
            expect(command.script).not.toContain(HOSTILE);
      }),
      { numRuns: 300 },
    );
  });

  test('only files that the inventory implies are written', () => {
    fc.assert(
      fc.property(anyRun, ([fleet, answers]) => {
        for (const { host, plan: made } of judged(fleet, answers)) {
          const known = new Set(assignedTo(host, fleet).map(({ resource }) => resource.id));
          for (const change of made.changes) expect(known).toContain(change.resource);
          for (const path of made.takesOver) expect(path).not.toContain(HOSTILE);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the terminal gets no control character', () => {
    fc.assert(
      fc.property(anyRun, text, ([fleet, answers], said) => {
        const outcomes = judged(fleet, answers).map(
          ({ host, plan: made }): Outcome => ({
            host: host.name,
            changes: made.changes.map(change => ({ ...change, applied: true })),
            unchanged: 0,
            failure: made.failures[0] ?? new Failure('step-failed', said, host.name, said),
            roundTrips: 1,
            notes: [said],
          }),
        );
        expect(provisionText(outcomes, false) + diffText(outcomes)).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/,
        );
      }),
      { numRuns: 200 },
    );
  });
});
