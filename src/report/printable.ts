/** Text from a host or an inventory, safe to print: control characters as in vis(3), lines kept. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    character => {
      const code = character.codePointAt(0) ?? 0;
      return code < 0x20 ? `^${String.fromCodePoint(code + 0x40)}` : `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
