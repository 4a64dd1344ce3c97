/** Where a host's own mail for root may go: not in the inventory, but known of the hosts as they are. */
export interface RootMail {
  /** Undefined: not known, because the host that decides could not be asked. */
  readonly isAccepted: (address: string) => boolean | undefined;
  /** The condition of another address. */
  readonly until: string;
}

/** A part of what tasks see. */
export interface RootView {
  readonly rootMail?: RootMail;
}
