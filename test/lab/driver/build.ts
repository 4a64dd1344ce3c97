import { execaSync } from 'execa';

/** The tests of the lab run what a user would install: the bundle. */
export const setup = (): void => {
  execaSync('node', ['scripts/build.mjs'], { stdio: 'inherit' });
};
