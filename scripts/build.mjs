// Bundles src into dist: one file to start, the rest loaded when a command needs it; what V8 makes of all that; and the
// licences of what is in it.
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { build, transform } from 'esbuild';

// usage: node scripts/build.mjs [FOLDER]: into FOLDER, not dist
const dist = resolve(process.argv[2] ?? new URL('../dist', import.meta.url).pathname);
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

const common = {
  platform: 'node',
  target: 'node20.19',
  // Less to read at each start; names stay, for the stack of a bug is to be read by people.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

const bundled = { ...common, absWorkingDir: process.cwd(), outdir: dist, bundle: true, write: false };

const { outputFiles, metafile } = await build({
  ...bundled,
  entryPoints: { main: 'src/main.ts' },
  splitting: true,
  format: 'esm',
  plugins: [clientOnly],
  // ssh2 looks for compiled helpers and does without them; nothing native is shipped.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
  define: { 'process.env.MAILTUN_VERSION': JSON.stringify(version) },
  metafile: true,
});

const { outputFiles: starting } = await build({
  ...bundled,
  entryPoints: { mailtun: 'src/start.ts' },
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
});

/** What src/start.ts loads: a function of what CommonJS modules expect, in ASCII. */
async function part({ path, text }) {
  const { code } = await transform(text, {
    ...common,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // What it warns of it has warned of in the bundle, but for packages.
    logLevel: 'error',
  });
  const source = Buffer.from(`(function(exports,require,module,__dirname){${code.trimEnd()}\n})\n`);
  if (source.some(byte => byte > 127)) throw new Error(`${path} is not ASCII`);
  return { name: basename(path), source };
}

/**
 * The compiled code of all parts, every function in it, for src/compiled-code.ts. Made here and never at run time:
 * whoever could write it could run what he likes as those who use mailtun.
 */
function compiledCode(parts) {
  const places = {};
  const codes = [];
  let at = 0;
  for (const { name, source } of parts) {
    setFlagsFromString('--no-lazy');
    const script = new Script(source.toString(), { filename: name });
    // Flags are part of what V8 compares before it uses it.
    setFlagsFromString('--lazy');
    const code = script.createCachedData();
    places[`./${name}`] = { at, length: code.length, sum: crc32(code, crc32(source)) };
    codes.push(code);
    at += code.length;
  }
  const node = `${process.version} ${process.platform} ${process.arch} ${statSync(process.execPath).size}`;
  return Buffer.concat([Buffer.from(`${JSON.stringify({ node, parts: places })}\n`), ...codes]);
}

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

const parts = await Promise.all(outputFiles.map(part));
const files = new Map([
  ...parts.map(({ name, source }) => [name, source]),
  ['compiled-code', compiledCode(parts)],
  // The package's own says that its files are ES modules.
  ['package.json', '{ "type": "commonjs" }\n'],
  ...starting.map(({ path, contents }) => [basename(path), contents]),
  [
    'THIRD-PARTY-LICENCES',
    `mailtun's program holds code of these packages.\n\n${licences().join(`\n${'-'.repeat(80)}\n\n`)}`,
  ],
]);

// The new files first: whoever runs mailtun at this moment finds every part of one build or the other.
mkdirSync(dist, { recursive: true });
for (const [name, contents] of files) writeFileSync(join(dist, name), contents);
for (const name of readdirSync(dist)) if (!files.has(name)) rmSync(join(dist, name), { recursive: true });
chmodSync(join(dist, 'mailtun.js'), 0o755);
