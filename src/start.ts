/**
 * The entry point of the built program: loads its parts when they are needed, with the code that the build has compiled
 * if that was for this node. The parts are CommonJS module functions, which scripts/build.mjs makes.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { compiledCode } from './compiled-code.ts';

const compiled = compiledCode(join(__dirname, 'compiled-code'));
const fromNode = createRequire(__filename);
const parts = new Map<string, { exports: unknown }>();

/** Loads another part, by its path from here, or else what `require` finds. */
function load(name: string): unknown {
  if (!name.startsWith('./')) return fromNode(name);
  const known = parts.get(name);
  if (known) return known.exports;
  const filename = join(__dirname, name);
  const source = readFileSync(filename);
  const cachedData = compiled(name, source);
  // The build escapes everything that is not ASCII.
  const script = new Script(source.toString('latin1'), { filename, ...(cachedData && { cachedData }) });
  const part = { exports: {} };
  parts.set(name, part);
  script.runInThisContext()(part.exports, load, part, __dirname);
  return part.exports;
}

load('./main.js');
