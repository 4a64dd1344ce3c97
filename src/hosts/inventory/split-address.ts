/** An address that YAML reads as something else. */
import { isScalar, type YAMLMap } from 'yaml';

/** `2001:db8::` as a value: the colon at its end makes it a key. No key of the inventory contains a colon. */
export const isSplitAddress = ({ items: [pair, ...others] }: YAMLMap): boolean =>
  others.length === 0 && isScalar(pair?.key) && /^[0-9a-fA-F:.]*:[0-9a-fA-F:.%]*$/.test(String(pair.key.value));

/** What is wrong with it, and what to write instead. */
export const splitSaid = [
  'is read as a mapping, for the colon at its end',
  'put the address in quotes: "2001:db8::"',
] as const;
