/** What works now and would not after the next boot, and cron(8), without which nothing looks after the tunnel. Pure. */

import { BOOT_SETTINGS } from '../facts/rc-conf.ts';
import type { Fleet } from '../hosts/fleet.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';
import { on } from './remedies.ts';

/** Provision sets neither: whether pf and cron run is the admin's decision. */
export function bootProblems({ host, pfEnabled, known }: HostFacts, fleet: Fleet): readonly Problem[] {
  if (!isTunnelHost(host)) return [];
  const { startsPf, startsCron, isCronRunning } = known(BOOT_SETTINGS);
  return [
    fleet.packetFilter.enabled && pfEnabled !== false && !startsPf
      ? problem(host, 'pf-off-at-boot', {
          what: `the next boot of ${host.name} does not start pf, so the tunnel will not be filtered`,
          evidence: 'rc.conf.local: pf=NO',
          remedy: on(host, 'rcctl enable pf'),
        })
      : null,
    isCronRunning && startsCron
      ? null
      : problem(host, 'cron-not-running', {
          what: isCronRunning
            ? `the next boot of ${host.name} does not start cron, so nothing will look after the tunnel`
            : `cron does not run on ${host.name}, so nothing looks after the tunnel`,
          evidence: startsCron ? 'rcctl check cron: cron(failed)' : 'rc.conf.local: cron_flags=NO',
          remedy: on(host, isCronRunning ? 'rcctl enable cron' : 'rcctl enable cron; rcctl start cron'),
        }),
  ].filter(one => one !== null);
}
