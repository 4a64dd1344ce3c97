import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tables of faults, each row with waits of its own: half an hour together. `scripts/test --all` runs them too. */
const LONG = [
  'accept',
  'acme',
  'adopted',
  'behind',
  'broken*',
  'dead-man',
  'dkim',
  'doctor*',
  'edits',
  'filters',
  'first-*',
  'given-names',
  'init',
  'mail-flow',
  'many',
  'moves',
  'nodes',
  'other-gateway',
  'own-lines',
  'packet-filter',
  'power-cuts',
  'renamed',
  'roles',
  'rotate-*',
  'second-address',
  'second-line',
  'set-ups',
  'tunnel-changes',
  'tunnel-watch',
  'undo',
].map(name => `test/lab/scenarios/${name}.test.ts`);

/** Measures how long the tunnel stands still: nothing else is to run meanwhile. */
const ALONE = ['test/lab/scenarios/rotate.test.ts'];

/** With --all edits.test.ts goes on for an hour, about as long as all other tables together, which run beside it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/edits.test.ts');
    return (await super.sort(files)).toSorted((one, other) => Number(isLongest(other)) - Number(isLongest(one)));
  }
}

const lab = { globalSetup: 'test/lab/driver/build.ts', testTimeout: 300_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    // Labs share two cores with everything else.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      { test: { ...lab, name: 'lab', include: ['test/lab/**/*.test.ts'], exclude: [...LONG, ...ALONE] } },
      { test: { ...lab, name: 'faults', include: LONG } },
      { test: { ...lab, name: 'alone', include: ALONE } },
    ],
  },
});
