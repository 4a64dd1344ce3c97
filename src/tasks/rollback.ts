/** How hosts roll back whatever a run has changed. */
import { keptRules } from '../resources/pf-kept.ts';
import { keptRoute } from '../resources/route-kept.ts';
import { keptService } from '../resources/service-kept.ts';
import { keptSysctl } from '../resources/sysctl-kept.ts';
import { keptInterface } from '../resources/wg-kept.ts';
import { deadMan } from '../run/dead-man.ts';
import type { Rollback } from '../run/rollback.ts';
import { stagedKeys } from './rotation-scripts.ts';
import { PAUSE, TRAFFIC } from './smtpd-pause.ts';
import { STOPPING } from './undo-queue.ts';

/** Everything besides files that the resources of any task keep. */
export const ROLLBACK: Rollback = {
  kinds: [keptService('smtpd', PAUSE), keptInterface, keptRoute, keptRules, keptSysctl],
  staged: stagedKeys,
  traffic: TRAFFIC,
  stopping: STOPPING,
  checks: {
    '/etc/mail/smtpd.conf': { command: 'smtpd -n', reader: 'service smtpd' },
    '/etc/pf.conf': { command: 'pfctl -nf /etc/pf.conf', reader: 'pf rules' },
  },
};

/** The dead-man switch of every host. */
export const DEAD_MAN = deadMan(ROLLBACK);
