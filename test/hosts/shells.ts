import { execFileSync } from 'node:child_process';

const labsPrograms = execFileSync('scripts/lab-packages', ['--tree'], { encoding: 'utf8' }).trim();

/**
 * Shells of the pdksh family, for which everything is written that a host is sent: the one of the lab's hosts, which
 * scripts/prepare has unpacked, and what MAILTUN_TEST_SHELLS names (paths, separated by colons).
 */
export const pdksh: readonly string[] = [
  `${labsPrograms}/usr/bin/mksh-static`,
  ...(process.env.MAILTUN_TEST_SHELLS ?? '').split(':').filter(path => path !== ''),
];

/** Those, and this machine's own: what only has to be read back must not depend on the shell. */
export const shells: readonly string[] = ['/bin/sh', ...pdksh];
