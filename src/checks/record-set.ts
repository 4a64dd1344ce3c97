/** The public DNS records that an inventory wants, as data. */

type RecordType = 'MX' | 'A' | 'AAAA' | 'TXT' | 'PTR' | 'TLSA';
/** What a record is for. */
export type RecordKind = 'mx' | 'address' | 'spf' | 'dkim' | 'dmarc' | 'dmarc-reports' | 'ptr' | 'tlsa';

/** One record; `relay` is the inventory name of the host that it concerns, null for all. */
export interface Wanted {
  /** As host(1) has it once facts/lookup.ts has read it: an MX without its preference. */
  readonly value: string;
  readonly relay: string | null;
}

/** All records of one kind that a name should have. */
export interface RecordSet {
  readonly kind: RecordKind;
  readonly type: RecordType;
  /** Lower case, without a last dot; of a PTR record the address. */
  readonly name: string;
  /** Empty: there should be none. Null: only a host knows, and it was not asked or did not answer. */
  readonly wanted: readonly Wanted[] | null;
  /** The relay whose name it is; null for a domain's own records. */
  readonly relay: string | null;
  /** Of an SPF record: addresses that it has to allow, and those that `a` and `mx` resolve to. */
  readonly senders?: readonly Wanted[];
  readonly own?: readonly string[];
}
