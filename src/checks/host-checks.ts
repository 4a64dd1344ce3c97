/** The checks that bring their own questions; one more is one more line here. */
import type { HostCheck } from './host-check.ts';
import { smtpdReplaced } from './smtpd-replaced.ts';
import { unreadQueue } from './unread-queue.ts';

/** In the order in which status reports what they find. */
export const HOST_CHECKS: readonly HostCheck[] = [smtpdReplaced, unreadQueue];
