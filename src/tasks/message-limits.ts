/** The sizes of messages. */

/** A part of what tasks see. */
export interface Limited {
  /** The largest message that a relay may accept, in K, where a host behind it accepts less than by the inventory. */
  readonly largest?: number | undefined;
}

/**
 * The largest message, which is one for both directions, in K. What a relay has accepted grows by the header lines of each hop and
 * of filters, and must not be too large for the next hop, where it would be lost. What a workstation or a gateway sends comes
 * back from the relay if it is larger than this, so there is not more room than is needed.
 */
export const LARGEST_OF_RELAY = 36800;

/** What a host behind a relay has to accept beyond the relay's limit, in K. */
export const ROOM = 64;
