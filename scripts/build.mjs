// Bundles src into dist: one file to start, the rest loaded when a command needs it; and the licences of what is in it.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

// ssh2 loads its HTTP agents, its server, its key generator and SFTP with the client: for what mailtun never calls.
const clientOnly = {
  name: 'ssh2: client only',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/(http-agents|server|keygen|protocol\/SFTP)\.js$/ }, ({ path, importer }) =>
      /\/node_modules\/ssh2\/lib\/(index|client|utils)\.js$/.test(importer)
        ? { path, namespace: 'left-out' }
        : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
  },
};

const { outputFiles, metafile } = await build({
  entryPoints: { mailtun: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Less to read at each start; names stay, for the stack of a bug is to be read by people.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [clientOnly],
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
  metafile: true,
  write: false,
  logLevel: 'warning',
});

/** Name, licence and its text, of every package that has put code into the bundle. */
function licences() {
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap(path => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
  );
  return [...folders].sort().map(folder => {
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const licence = about.license ?? about.licenses?.map(({ type }) => type).join(', ');
    const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
    if (!licence || !file) throw new Error(`${about.name} has no licence: it can't be shipped`);
    return `${about.name} ${about.version} (${licence})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
}

// The new files first: whoever runs mailtun at this moment finds every part of one build or the other.
mkdirSync('dist', { recursive: true });
const written = new Set(['THIRD-PARTY-LICENCES']);
for (const { path, contents } of outputFiles) {
  written.add(basename(path));
  writeFileSync(path, contents);
}
writeFileSync(
  'dist/THIRD-PARTY-LICENCES',
  `mailtun's program holds code of these packages.\n\n${licences().join(`\n${'-'.repeat(80)}\n\n`)}`,
);
for (const name of readdirSync('dist')) if (!written.has(name)) rmSync(join('dist', name), { recursive: true });
chmodSync('dist/mailtun.js', 0o755);
