/**
 * What V8 made of the program's parts when it was built. V8 itself would run damaged code, or that of a node built
 * otherwise, and crash; so it is used by the very node that made it, and only where its checksum is right.
 */
import { openSync, readSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Where the compiled code of a part lies behind the first line, in bytes, and its checksum. */
interface Place {
  readonly at: number;
  readonly length: number;
  /** CRC-32 of the source and then of the compiled code. */
  readonly sum: number;
}

/** Which program runs this: two builds of one version have different sizes. scripts/build.mjs writes the same. */
const node = (): string => `${process.version} ${process.platform} ${process.arch} ${statSync(process.execPath).size}`;

/** The first line is JSON, and no longer. */
const FIRST_LINE_BYTES = 65536;

type CodeOf = (name: string, source: Buffer) => Buffer | undefined;

/**
 * The file at `path` as scripts/build.mjs has written it: gives the compiled code of the part with that name and source,
 * undefined where there is none for this node, source and version. Neither it nor what it gives throws.
 */
export function compiledCode(path: string): CodeOf {
  const none: CodeOf = () => undefined;
  return orElse<CodeOf>(none, () => {
    const file = openSync(path, 'r');
    const start = Buffer.allocUnsafe(FIRST_LINE_BYTES);
    const line = start.toString('latin1', 0, start.subarray(0, readSync(file, start)).indexOf('\n'));
    const { node: builtBy, parts }: { node: string; parts: Readonly<Record<string, Place>> } = JSON.parse(line);
    if (builtBy !== node()) return none;
    return (name, source) => orElse(undefined, () => read(file, line.length + 1, parts[name], source));
  });
}

function read(file: number, from: number, place: Place | undefined, source: Buffer): Buffer | undefined {
  if (!place) return undefined;
  // Aligned, which a slice of Node's pool is not: V8 would copy it.
  const code = Buffer.allocUnsafeSlow(place.length);
  readSync(file, code, 0, place.length, from + place.at);
  return crc32(code, crc32(source)) === place.sum ? code : undefined;
}

/** Whatever is wrong with the file: mailtun starts without it. */
function orElse<T>(other: T, get: () => T): T {
  try {
    return get();
  } catch {
    return other;
  }
}
