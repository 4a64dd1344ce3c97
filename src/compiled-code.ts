/**
 * The code that V8 has compiled from the program's parts during the build. V8 would run damaged code, or code of another
 * node, and crash; so it is used only by the same node, and only if its checksum is right.
 */
import { openSync, readSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** The position of a part's compiled code after the first line, in bytes, and its checksum. */
interface Place {
  readonly at: number;
  readonly length: number;
  /** CRC-32 of the source and then of the compiled code. */
  readonly sum: number;
}

/** Identifies this node: two builds of one version differ in size. scripts/build.mjs writes the same. */
const node = (): string => `${process.version} ${process.platform} ${process.arch} ${statSync(process.execPath).size}`;

/** The longest first line, which is JSON. */
const FIRST_LINE_BYTES = 65536;

type CodeOf = (name: string, source: Buffer) => Buffer | undefined;

/**
 * Opens the file at `path`, which scripts/build.mjs has written. The result returns the compiled code of the part with a
 * name and source, or undefined where there is none for this node, source and version. Neither of them throws.
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
  // Aligned, unlike a slice of Node's pool, which V8 would copy.
  const code = Buffer.allocUnsafeSlow(place.length);
  readSync(file, code, 0, place.length, from + place.at);
  return crc32(code, crc32(source)) === place.sum ? code : undefined;
}

/** The result of `get`, or else `other`: whatever is wrong with the file, mailtun starts without it. */
function orElse<T>(other: T, get: () => T): T {
  try {
    return get();
  } catch {
    return other;
  }
}
