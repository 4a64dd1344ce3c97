import type { Fleet, Host } from '../hosts/fleet.ts';
import type { Task } from '../run/task.ts';
import { acme } from './acme.ts';
import { aliases } from './aliases.ts';
import { certificates } from './certificates.ts';
import { credentials } from './credentials.ts';
import { dkim } from './dkim.ts';
import { host } from './host.ts';
import { hostsFile } from './hosts-file.ts';
import { lateAddress } from './late-address.ts';
import { ownCertificates } from './own-certificates.ts';
import { packetFilter } from './packet-filter.ts';
import { smtpd } from './smtpd.ts';
import { trust } from './trust.ts';
import { tunnelWatch } from './tunnel-watch.ts';
import { wireguard } from './wireguard.ts';
import { wireguardKey } from './wireguard-key.ts';

/** All tasks, in the order in which they are applied. */
export const allTasks: readonly Task<Host, Fleet>[] = [
  host,
  wireguardKey,
  certificates,
  ownCertificates,
  acme,
  credentials,
  dkim,
  hostsFile,
  wireguard,
  packetFilter,
  trust,
  aliases,
  smtpd,
  tunnelWatch,
  lateAddress,
];
