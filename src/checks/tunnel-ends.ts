/** A tunnel and its two ends, as they were observed. */
import type { WgPeer } from '../facts/ifconfig.ts';
import type { PingResult } from '../facts/ping.ts';
import type { Fleet, Gateway, Relay } from '../hosts/fleet.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';

/** One end of a tunnel and what was seen there. */
export interface End<H extends TunnelHost = TunnelHost> {
  readonly host: H;
  readonly facts: HostFacts;
  readonly far: TunnelHost;
  /** The far end as this one knows it, before the probes and after them. */
  readonly peer: WgPeer | undefined;
  readonly peerAfter: WgPeer | undefined;
  /** Null where nothing is known of an answer. */
  readonly ping: PingResult | null;
  readonly largePing: PingResult | null;
  /** It has sent nothing since it was booted; nothing was sent to wake it. */
  readonly silent: boolean;
}

/** Both ends of one. */
export interface Tunnel {
  readonly relay: End<Relay>;
  readonly gateway: End<Gateway>;
  readonly fleet: Fleet;
}

/** A handshake older than this is none any more (REJECT_AFTER_TIME of wg_noise.c). */
export const STALE_SECONDS = 180;
