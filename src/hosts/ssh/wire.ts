/** Numbers and strings in the encoding of the SSH protocol, its keys and its agent (RFC 4251, 5). Pure. */

/** A string: its length as `uint32`, then its bytes. */
export function sshString(text: Buffer | string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A number in four bytes, the most significant first. */
export function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** A non-negative integer of any size (`mpint`), with a leading zero byte where the first bit would be a sign. */
export function mpint(magnitude: Buffer): Buffer {
  const first = magnitude.findIndex(byte => byte !== 0);
  const bytes = first < 0 ? Buffer.alloc(0) : magnitude.subarray(first);
  return sshString(Number(bytes[0]) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** Reads the fields of a packet. */
interface WireReader {
  uint32(): number;
  uint64(): bigint;
  string(): Buffer;
  /** How many bytes have been read. */
  readonly at: number;
}

/** Reads values one after the other. Each function throws a RangeError where the bytes end before the value does. */
export function wireReader(bytes: Buffer): WireReader {
  let at = 0;
  const skip = (length: number): number => {
    if (at + length > bytes.length) throw new RangeError('the data is too short');
    at += length;
    return at - length;
  };
  const number = (): number => bytes.readUInt32BE(skip(4));
  return {
    uint32: number,
    uint64: () => bytes.readBigUInt64BE(skip(8)),
    string() {
      const length = number();
      const from = skip(length);
      return bytes.subarray(from, from + length);
    },
    get at() {
      return at;
    },
  };
}

/** The result of `read`; null where the bytes end too early. Any other error is a bug. */
export function readWire<T>(bytes: Buffer, read: (reader: WireReader) => T): T | null {
  try {
    return read(wireReader(bytes));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
