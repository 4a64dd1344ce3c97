import type { WrittenInventory } from './schema.ts';

/** A value of which parts may be missing or wrong; what it has matches the schema. */
type Drafted<T> = T extends readonly (infer Entry)[]
  ? readonly (Drafted<Entry> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Drafted<T[Key]> | undefined }
    : T;

type HostIn = WrittenInventory['hosts'][string];
type KeysOf<T> = T extends unknown ? keyof T : never;
type ValueOf<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;

/** A host in whatever role, with the keys of all of them. */
export type DraftHost = Drafted<{ [Key in Exclude<KeysOf<HostIn>, 'role'>]?: ValueOf<HostIn, Key> }> &
  Pick<HostIn, 'role'>;

/** An inventory of which parts may be missing or wrong, so that the rest can still be checked. */
export type Draft = Drafted<Omit<WrittenInventory, 'hosts'>> & {
  readonly hosts?: Readonly<Record<string, Partial<DraftHost> | undefined>> | undefined;
};

/** A string or a list as a list: each entry in lower case, as it was written, and its place in the path. */
export function entriesOf(
  value: string | readonly (string | undefined)[] | undefined,
): { text: string; written: string; step: number[] }[] {
  if (typeof value === 'string') return [{ text: value.toLowerCase(), written: value, step: [] }];
  return (value ?? []).flatMap((text, index) =>
    text === undefined ? [] : [{ text: text.toLowerCase(), written: text, step: [index] }],
  );
}
