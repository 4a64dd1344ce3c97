/** Cuts the output of a host's long-lived shell into replies, in whatever pieces it arrives. Pure. */
import type { Nonces } from './frames.ts';

/** One marker, received on both streams, with the output of each stream since the previous marker. */
export interface Reply {
  /** `['start', UID]`, or number of the frame, index of the section, exit status or `-`. Empty: the streams disagree. */
  readonly words: readonly string[];
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Extracts replies from the output of a shell. */
interface ReplyReader {
  /** Takes the next bytes of one stream; returns the replies that are now complete, in order. */
  feed(stream: 'stdout' | 'stderr', chunk: Buffer): Reply[];
  /** What came since the last complete reply. */
  rest(): { stdout: Buffer; stderr: Buffer };
  /** Its size in bytes. */
  restBytes(): number;
}

/** Reads both streams of one shell. */
export function replyReader(nonces: Nonces): ReplyReader {
  const cutters = { stdout: markerCutter(nonces), stderr: markerCutter(nonces) };
  const unpaired: Record<'stdout' | 'stderr', Marked[]> = { stdout: [], stderr: [] };
  return {
    feed(stream, chunk) {
      unpaired[stream].push(...cutters[stream].feed(chunk));
      const complete = Math.min(unpaired.stdout.length, unpaired.stderr.length);
      const errors = unpaired.stderr.splice(0, complete);
      return unpaired.stdout.splice(0, complete).map((output, index) => ({
        words: output.line === errors[index]?.line ? output.line.split(' ') : [],
        stdout: output.before,
        stderr: errors[index]?.before ?? Buffer.alloc(0),
      }));
    },
    rest: () => ({ stdout: cutters.stdout.rest(), stderr: cutters.stderr.rest() }),
    restBytes: () => cutters.stdout.restBytes() + cutters.stderr.restBytes(),
  };
}

interface Marked {
  readonly line: string;
  readonly before: Buffer;
}

/** Cuts a stream at its marker lines. Only what may be the beginning of one is kept back, so no byte is copied twice. */
function markerCutter(nonces: Nonces) {
  const opening = Buffer.from(`\n${nonces.marker} `);
  let settled: Buffer[] = [];
  let settledBytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  return {
    feed(chunk: Buffer): Marked[] {
      const found: Marked[] = [];
      tail = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      for (;;) {
        const at = tail.indexOf(opening);
        const bodyEnds = at < 0 ? Math.max(0, tail.length - opening.length + 1) : at;
        settled.push(tail.subarray(0, bodyEnds));
        settledBytes += bodyEnds;
        tail = tail.subarray(bodyEnds);
        const lineEnds = at < 0 ? -1 : tail.indexOf('\n', opening.length);
        if (lineEnds < 0) return found;
        found.push({ line: tail.toString('latin1', opening.length, lineEnds), before: Buffer.concat(settled) });
        settled = [];
        settledBytes = 0;
        tail = tail.subarray(lineEnds + 1);
      }
    },
    rest: () => Buffer.concat([...settled, tail]),
    restBytes: () => settledBytes + tail.length,
  };
}
