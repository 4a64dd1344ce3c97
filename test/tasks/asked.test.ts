/** What a resource looks at it has asked for: nobody else's questions answer it, and no stub of a test. */
import { describe, expect, it } from 'vitest';
import { healthQuestions } from '../../src/checks/questions.ts';
import { askSections } from '../../src/run/observe.ts';
import { type FileState, NotPublished, type Observed, type Resource } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { allTasks } from '../../src/tasks/all.ts';
import { INVENTORY } from '../../src/tasks/credentials.ts';
import { answering, plainFile, world } from '../answers.ts';
import { acme, article, bouncesSent, fleetOf, singleMachine, tlsOff, twoRelays } from './fleets.ts';

/** The same answers, but only to what this resource asks. */
const onlyAsked = ({ questions }: Resource, files: readonly FileState[]): Observed =>
  answering(
    questions,
    files.filter(({ path }) => questions.some(one => one.kind === 'file' && one.path === path)),
  );

const fleets = [article, singleMachine, twoRelays, acme, tlsOff, bouncesSent].map(fleetOf);
const anything = new Proxy<Record<string, string>>({}, { get: () => `${'A'.repeat(43)}=` });

describe.each(fleets.flatMap(fleet => fleet.hosts.map(host => [host.name, host, fleet] as const)))(
  'on %s',
  (_, host, fleet) => {
    const resources = assign(allTasks, host, fleet).map(one => one.resource);
    const known = world(
      Object.fromEntries([INVENTORY, ...fleet.hosts.map(one => one.name)].map(name => [name, anything])),
    );
    const files = resources.flatMap(one => one.questions).flatMap(one => (one.kind === 'file' ? [one.path] : []));

    it.each([
      ['where nothing is there', []],
      ['where every file is somebody else’s', files.map(path => plainFile(path, 'by hand\n'))],
    ])('no resource uses an answer to a question that it has not asked, %s', (_, there) => {
      for (const resource of resources) {
        const observed = onlyAsked(resource, there);
        const judged = (): unknown => {
          try {
            return [resource.judge(observed, known), resource.publish?.(observed), resource.recall?.(observed)];
          } catch (error) {
            if (error instanceof NotPublished || (error instanceof Error && error.name === 'Failure')) return null;
            throw error;
          }
        };
        expect(judged, resource.id).not.toThrow();
      }
    });

    it('no two questions have one name and different commands', () => {
      const withTls = assign(allTasks, host, { ...fleet, stillTls: true }).map(one => one.resource);
      const questions = [...resources, ...withTls].flatMap(one => one.questions);
      expect(() => askSections([...questions, ...healthQuestions(host, fleet)])).not.toThrow();
    });
  },
);
