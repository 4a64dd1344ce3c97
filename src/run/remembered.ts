/** The last texts that were read are not read again. */

/** How many are remembered: what three hosts have, before and after, and little memory for four hundred. */
const MOST = 24;

/** `read`, which must be pure and give what nobody changes; what it gave for the last different texts is kept. */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return text => {
    const before = known.get(text);
    const value = before === undefined ? read(text) : before;
    // The last that was asked for is the last to be forgotten.
    known.delete(text);
    known.set(text, value);
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break;
      known.delete(oldest);
    }
    return value;
  };
}
