import type { Fleet, Host } from '../hosts/fleet.ts';
import { crontab } from '../resources/crontab.ts';
import { directory } from '../resources/directory.ts';
import { file, MARK } from '../resources/file.ts';
import { PRIVATE_KEY, PUBLIC_KEY, UNCLAMPED } from '../resources/wg-key.ts';
import { LOCK_DIRECTORY, STATE_DIRECTORY } from '../run/prelude.ts';
import type { Task } from '../run/task.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';

/** Base's own tree has this folder for programs that other programs run (mtree(8), hier(7)). */
const LIBEXEC = '/usr/local/libexec';
const WATCH = `${LIBEXEC}/mailtun-watch`;

/**
 * Each minute: a packet into the tunnel wakes a gateway that stayed silent after its boot, and one whose relay has
 * moved (facts 14). Mail that waited goes on as soon as the far end answers, or by another relay that does.
 */
export const tunnelWatch: Task<Host, Fleet> = {
  name: 'tunnel-watch',
  summary: 'the tunnel comes back by itself within a minute, and mail that waited goes on at once',
  appliesTo: isTunnelHost,
  resources: (host, fleet) => {
    if (!isTunnelHost(host)) return [];
    const domains = (host.role === 'gateway' ? host : fleet).domains.join();
    const far = peersOf(host, fleet).map(peer => peer.tunnel.address);
    return [
      directory(LIBEXEC, '0755', 'root', 'wheel'),
      file(WATCH, { content: () => WATCH_SCRIPT, mode: '0555', owner: 'root', group: 'wheel', accept: ['sh', '-n'] }),
      crontab('tunnel watch', [`*\t*\t*\t*\t*\t-q ${WATCH} ${fleet.tunnel.interface} ${domains} ${far.join(' ')}`]),
    ];
  },
};

// ping6 -w counts from the last packet (facts 11), so a look costs three seconds where nobody answers. After a failure
// smtpd keeps a route disabled (its number is what `resume route` takes, recordings) and what was under way fails once
// more within ten seconds: hence the second time.
/** The script that cron(8) runs every minute on a gateway. */
export const WATCH_SCRIPT = `#!/bin/sh
${MARK}: what is edited here is replaced by the next run.
# Looks after the tunnel, from root's crontab: mailtun-watch INTERFACE DOMAIN,... ADDRESS ...
PATH=/bin:/sbin:/usr/bin:/usr/sbin
exec >/dev/null 2>&1 </dev/null

# One at a time, and no killed one holds up the others for ever.
lock=/var/run/mailtun.watch
[ -z "$(find "$lock" -prune -mmin +10)" ] || rmdir "$lock"
mkdir "$lock" || exit 0
trap 'rmdir "$lock"' EXIT
trap 'exit 1' HUP INT TERM

answers() {
	case $far in
	*:*)	ping6 -n -c "$1" -w 2 "$far" ;;
	*)	ping -n -c "$1" -w 2 "$far" ;;
	esac
}

# Only gateways know where the far end is.
is_gateway() {
	grep -q wgendpoint "/etc/hostname.$interface"
}

# netstart looks the relay's name up again; what its session with the old one is worth, a new handshake shows. Not while a
# run is changing the tunnel.
call() {
	[ -z "$(find ${LOCK_DIRECTORY} -prune -mmin -10)" ] && [ ! -d ${STATE_DIRECTORY}/armed ] && is_gateway &&
	    sh /etc/netstart "$interface" || return
	own=$(ifconfig "$interface" | sed -n 's/^[[:space:]]*wgpubkey //p')
	[ "$own" ] && [ "$own" = "$(cat ${PUBLIC_KEY})" ] && ifconfig "$interface" wgkey "$(unclamped ${PRIVATE_KEY})"
	return 0
}
${UNCLAMPED}

# Connections to it have failed of late: smtpd may be down there though the tunnel is up.
fails() {
	smtpctl show routes | awk -v far="$far" '
		($4 == far || $4 == "[" far "]") && / penalty=[1-9]/ { found = 1 } END { exit !found }'
}

# Where it doesn't, all that waits goes on when it does.
listens() {
	nc -z -w 2 "$far" 25 || { echo 'no smtpd' >"$seen"; return 1; }
}

# What goes through the tunnel, which on a relay is mail for our domains, and has failed once without an answer: smtpd
# may be there again, and would be tried by ours after 400 s.
failed_once() {
	local there=1
	is_gateway && there=0
	smtpctl show queue | awk -F'|' -v domains=",$domains," -v there=$there '
		NF > 8 && $(NF-3) == 1 && $(NF-2) == "pending" && $NF !~ /^[0-9]/ {
			domain = tolower($(NF-7))
			sub(/.*@/, "", domain)
			if ((index(domains, "," domain ",") > 0) == there) print $1
		}'
}

send_waiting() {
	smtpctl show routes | awk -v far="$far" '
		($4 == far || $4 == "[" far "]") && / [N-]D[Q-][K-] nconn=/ { print $1 + 0 }' |
	    while read -r route; do smtpctl resume route "$route"; done
	for mail; do smtpctl schedule "$mail"; done
}

interface=$1 domains=$2
shift 2
several= answering= failing=
[ $# -gt 1 ] && is_gateway && several=yes
for far; do
	seen=/var/run/mailtun.answers.$far
	answers 2 || { rm -f "$seen"; call && answers 3; } || { failing=yes; continue; }
	answering=yes
	[ "$several" ] && fails && failing=yes
	waiting=all
	if [ -e "$seen" ]; then
		[ -s "$seen" ] || waiting=$(failed_once)
		[ "$waiting" ] && listens || continue
	fi
	send_waiting $waiting
	[ "$waiting" = all ] || continue
	sleep 15
	send_waiting all
	: >"$seen"
	listens
done

# smtpd takes relays in turn, and a mail that failed by one not before 400 s, then ever later. More than once, for while
# it has put the route to that one aside, what falls to it fails at once.
[ "$several$answering$failing" = yesyesyes ] || exit 0
for turn in 1 2 3; do
	smtpctl schedule all
	sleep 5
done
exit 0
`;
