/** smtpd(8) of an end of the tunnel listens on an address that a task before it puts on the interface. */
import { ADDRESSES } from '../facts/interfaces.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { wgResource } from '../resources/wg-interface.ts';
import type { Resource } from '../run/resource.ts';
import { isTunnelHost } from './neighbours.ts';

/** The same smtpd.conf; while its address is missing because the interface waits for another host, it waits as well (bind(2)). */
export function withItsAddress(conf: Resource, host: Host, { tunnel }: Fleet): Resource {
  if (!isTunnelHost(host)) return conf;
  return {
    ...conf,
    questions: [...conf.questions, ADDRESSES],
    judge(observed, world) {
      const judged = conf.judge(observed, world);
      const isThere = observed.get(ADDRESSES).some(({ address }) => address === host.tunnel.address);
      if (judged !== null && !isThere) world.ready(wgResource(tunnel.interface));
      return judged;
    },
  };
}
