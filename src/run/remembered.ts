/** Results of parsers are kept for the last texts. */

/** How many are kept: enough for the files of three hosts, before and after a change, and little memory. */
const MOST = 24;

/** `read` with its results for the last texts kept; it must be pure, and its results must not be modified. */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return text => {
    const before = known.get(text);
    const value = before === undefined ? read(text) : before;
    // The least recently used one is dropped first.
    known.delete(text);
    known.set(text, value);
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break;
      known.delete(oldest);
    }
    return value;
  };
}
