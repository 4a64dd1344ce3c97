// Bundles src into dist: one file to start, the rest loaded when a command needs it.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { mailtun: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // ssh2 looks for compiled helpers and does without them; nothing native is shipped.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
  define: { 'process.env.MAILTUN_VERSION': JSON.stringify(version) },
  banner: {
    // What CommonJS packages expect to find around them.
    js: [
      '#!/usr/bin/env node',
      'import { createRequire as __createRequire } from "node:module";',
      'const require = __createRequire(import.meta.url), __dirname = import.meta.dirname;',
    ].join('\n'),
  },
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync('dist/mailtun.js', 0o755);
