import type { Fleet, Host } from '../hosts/fleet.ts';
import { crontab } from '../resources/crontab.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { LOCK_DIRECTORY } from '../run/prelude.ts';
import type { Task } from '../run/task.ts';
import { CONF } from './in-force.ts';
import { isTunnelHost } from './neighbours.ts';
import { LIBEXEC, libexec } from './smtpd-restart.ts';

const START = `${LIBEXEC}/mailtun-start`;

// rc(8) starts smtpd once, which says ok before it binds, and it may take seconds to exit (smtpd.c).
const START_SCRIPT = `#!/bin/sh
${MARKED}
# Starts smtpd again, from root's crontab at boot, if it exited because an address that it listens on came later: from DHCP
# or SLAAC, when the router boots as well. Ends as soon as smtpd runs or is disabled, or rcctl(8) has stopped it.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
exec >/dev/null 2>&1 </dev/null

# cron(8) does this at each of its starts (run_reboot_jobs() in cron.c). What was stopped has no stamp (rc.subr); nor has at
# boot what listens on an interface without an address (create_if_listener() in parse.y).
boots=$(find /var/run/dmesg.boot -mmin -5)
is_due() {
	[ -e "$0" ] && [ "$boots" -o -e /var/run/rc.d/smtpd ] && rcctl get smtpd status && ! rcctl check smtpd
}

# A tentative address cannot be bound yet, and a duplicated one never.
has_addresses() {
	ifconfig | awk '
		FILENAME == "-" && $1 ~ /^inet6?$/ && !/ (tentative|duplicated)/ { has[$2] = 1 }
		FILENAME != "-" && $1 == "listen" && $2 == "on" && $3 ~ /[.:]/ && !($3 in has) { missing = 1 }
		END { exit missing }' - ${CONF}
}

# A run of mailtun stops smtpd for reasons of its own.
is_locked() {
	[ "$(find ${LOCK_DIRECTORY} -prune -mmin -10)" ]
}

sleep 15
attempts=20
while is_due && [ $attempts -gt 0 ]; do
	if ! has_addresses || is_locked; then sleep 5; continue; fi
	attempts=$((attempts - 1))
	# What has started has a stamp: without it, it was stopped since.
	! rcctl start smtpd || boots=
	# Something else may be late: a name or an interface in the admin's own lines, what a filter needs.
	sleep 30
done
`;

/** smtpd(8) starts once more where it exited at boot because an address came late: netstart(8) waits ten seconds for one. */
export const lateAddress: Task<Host, Fleet> = {
  name: 'smtpd-at-boot',
  summary: 'smtpd starts at boot even if an address that it listens on comes late',
  resources: host => [
    // At the ends of the tunnel the tunnel watch has made it.
    ...(isTunnelHost(host) ? [] : [libexec]),
    file(START, { content: () => START_SCRIPT, ...ofRoot('0555'), accept: ['sh', '-n'] }),
    crontab('smtpd at boot', [`@reboot\t-q ${START}`]),
  ],
};
