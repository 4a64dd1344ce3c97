/**
 * What is started as mailtun: loads the parts of the program as they are asked for, with the compiled code of the build
 * where it is this node's. The parts are functions of what CommonJS modules expect; scripts/build.mjs makes them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { compiledCode } from './compiled-code.ts';

const compiled = compiledCode(join(__dirname, 'compiled-code'));
const fromNode = createRequire(__filename);
const parts = new Map<string, { exports: unknown }>();

/** Another part, by its path from here; else what `require` finds. */
function load(name: string): unknown {
  if (!name.startsWith('./')) return fromNode(name);
  const known = parts.get(name);
  if (known) return known.exports;
  const filename = join(__dirname, name);
  const source = readFileSync(filename);
  const cachedData = compiled(name, source);
  // ASCII alone: what is not is escaped.
  const script = new Script(source.toString('latin1'), { filename, ...(cachedData && { cachedData }) });
  const part = { exports: {} };
  parts.set(name, part);
  script.runInThisContext()(part.exports, load, part, __dirname);
  return part.exports;
}

load('./main.js');
