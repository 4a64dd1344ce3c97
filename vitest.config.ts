import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Labs share two cores with everything else.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', exclude: ['test/lab/**'] } },
      {
        extends: true,
        test: { name: 'lab', include: ['test/lab/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 120_000 },
      },
    ],
  },
});
