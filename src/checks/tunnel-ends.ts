/** A tunnel and its two ends, as they were observed. */
import type { WgPeer } from '../facts/ifconfig.ts';
import type { PingResult } from '../facts/ping.ts';
import type { Fleet, Gateway, Relay } from '../hosts/fleet.ts';
import type { TunnelHost } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';

/** One end of a tunnel and what is known of it. */
export interface End<H extends TunnelHost = TunnelHost> {
  readonly host: H;
  readonly facts: HostFacts;
  readonly far: TunnelHost;
  /** The far end as this one knows it, before the probes and after them. */
  readonly peer: WgPeer | undefined;
  readonly peerAfter: WgPeer | undefined;
  /** Null where ping could not be run. */
  readonly ping: PingResult | null;
  readonly largePing: PingResult | null;
  /** It has sent nothing since it was booted, and the probe did not wake it. */
  readonly silent: boolean;
}

/** Both ends of one. */
export interface Tunnel {
  readonly relay: End<Relay>;
  readonly gateway: End<Gateway>;
  readonly fleet: Fleet;
}

/** The address, or else the name, to which the gateway sends the packets of the tunnel. */
export const sentTo = ({ gateway, relay }: Tunnel): string =>
  gateway.peer?.endpoint?.split(' ')[0] ?? relay.host.endpoint;

/** A session ends so many seconds after its handshake (REJECT_AFTER_TIME of wg_noise.c). */
export const STALE_SECONDS = 180;
