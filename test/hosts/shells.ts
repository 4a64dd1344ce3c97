import { existsSync } from 'node:fs';

/**
 * Shells to try everything on: this machine's own, those of the pdksh family that it has, and what MAILTUN_TEST_SHELLS
 * names (paths, separated by colons).
 */
export const shells: readonly string[] = [
  '/bin/sh',
  ...['/usr/bin/mksh', ...(process.env.MAILTUN_TEST_SHELLS ?? '').split(':')].filter(
    path => path !== '' && existsSync(path),
  ),
];
