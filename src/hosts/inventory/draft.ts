type Few<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
type NameAndAddress = Few<{ name: string; address: string }>;

/** A host of which parts may be missing or wrong; what it has matches the schema. */
export type DraftHost = Few<{
  ssh:
    | string
    | Few<{ host: string; port: number; user: string; identity_file: string; jump: string; host_key: string }>;
  endpoint: string;
  tunnel: NameAndAddress;
  lan: NameAndAddress;
  mx: readonly (NameAndAddress | undefined)[];
  outbound: Few<{ name: string; addresses: readonly (string | undefined)[] }>;
  certificates: string | { readonly files?: Readonly<Record<string, unknown>> };
  domains: string | readonly (string | undefined)[];
  gateway: string;
  retiring: boolean | 'on' | 'off' | 'yes' | 'no';
}> & { readonly role: 'relay' | 'gateway' | 'workstation' };

/** A rule of packet_filter.pass, likewise. */
type DraftPass = Few<{ from: string; to: string }>;

/** An inventory of which parts may be missing or wrong, so that the rest can still be checked. */
export type Draft = Few<{
  domain: string | readonly (string | undefined)[];
  mail: Few<{
    recipients: Readonly<Record<string, string | undefined>>;
    bounces: string | Few<{ mode: string; warn_intervals: readonly (string | undefined)[] }>;
  }>;
  packet_filter: boolean | string | Few<{ pass: readonly (DraftPass | undefined)[] }>;
  hosts: Readonly<Record<string, Partial<DraftHost> | undefined>>;
}>;

/** A string or a list as a list: each entry in lower case, as it was written, and its place in the path. */
export function entriesOf(
  value: string | readonly (string | undefined)[] | undefined,
): { text: string; written: string; step: number[] }[] {
  if (typeof value === 'string') return [{ text: value.toLowerCase(), written: value, step: [] }];
  return (value ?? []).flatMap((text, index) =>
    text === undefined ? [] : [{ text: text.toLowerCase(), written: text, step: [index] }],
  );
}
