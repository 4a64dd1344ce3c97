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
 * Every five seconds: a packet into the tunnel wakes a gateway that stayed silent after its boot, and one whose relay has
 * moved (facts 14). Mail that waited goes on as soon as the far end answers, or by another relay that does.
 */
export const tunnelWatch: Task<Host, Fleet> = {
  name: 'tunnel-watch',
  summary: 'the tunnel comes back by itself within half a minute, and mail that waited goes on at once',
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
/** The script that cron(8) runs every minute on both ends of a tunnel. */
export const WATCH_SCRIPT = `#!/bin/sh
${MARK}: what is edited here is replaced by the next run.
# Looks after the tunnel, from root's crontab: mailtun-watch INTERFACE DOMAIN,... ADDRESS ...
# Each run looks every five seconds for the best part of its minute, and ends; where all is well, a look is one ping.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
exec >/dev/null 2>&1 </dev/null

# One at a time, and no killed one holds up the others for ever. One that had much to do may take longer than its minute.
lock=/var/run/mailtun.watch
[ -z "$(find "$lock" -prune -mmin +10)" ] || rmdir "$lock"
until mkdir "$lock"; do
	[ $SECONDS -lt 45 ] || exit 0
	sleep 3
done
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

# netstart looks the relay's name up again; what its session with the old one is worth, a new handshake shows. Both cost
# the other tunnels a handshake: after the first time the name alone is looked up, and the rest follows where it leads
# elsewhere. Not while a run is changing the tunnel, nor for an address that a run has taken away meanwhile.
call() {
	local before
	[ -z "$(find ${LOCK_DIRECTORY} -prune -mmin -10)" ] && [ ! -d ${STATE_DIRECTORY}/armed ] &&
	    grep -q "wgendpoint .* wgaip $far/" "/etc/hostname.$interface" || return
	case $called in
	*" $far "*)
		before=$(endpoints)
		ifconfig "$interface" $(sed -n "s|^\\(wgpeer .* wgendpoint .*\\) wgaip $far/.*|\\1|p" "/etc/hostname.$interface")
		[ "$before" != "$(endpoints)" ] || return 0 ;;
	*)	called="$called $far "
		sh /etc/netstart "$interface" || return ;;
	esac
	own=$(ifconfig "$interface" | sed -n 's/^[[:space:]]*wgpubkey //p')
	[ "$own" ] && [ "$own" = "$(cat ${PUBLIC_KEY})" ] && ifconfig "$interface" wgkey "$(unclamped ${PRIVATE_KEY})"
	return 0
}
endpoints() {
	ifconfig "$interface" | grep wgendpoint
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

# One lost packet is no outage, and one known outage needs no first packet.
is_there() {
	[ -e "$seen" ] && answers 1 || answers 2
}

look() {
	local waiting=all
	is_there || { rm -f "$seen"; call && answers 3; } || { failing=yes; return; }
	answering=yes
	[ "$first$several" = yesyes ] && fails && failing=yes
	if [ -e "$seen" ]; then
		[ -s "$seen" ] || waiting=\${first:+$(failed_once)}
		[ "$waiting" ] && listens || return
	fi
	send_waiting $waiting
	[ "$waiting" = all ] || return
	sleep 15
	send_waiting all
	: >"$seen"
	listens
}

interface=$1 domains=$2
shift 2
several= answering= failing= called= first=yes
[ $# -gt 1 ] && is_gateway && several=yes
for far; do
	seen=/var/run/mailtun.answers.$far
	look
done

# smtpd takes relays in turn, and a mail that failed by one not before 400 s, then ever later. More than once, for while
# it has put the route to that one aside, what falls to it fails at once.
if [ "$several$answering$failing" = yesyesyes ]; then
	for turn in 1 2 3; do
		smtpctl schedule all
		sleep 5
	done
fi

# Until the minute is over, or a run takes the watch away.
first=
while [ $SECONDS -lt 50 ] && sleep 5 && [ -e "$0" ]; do
	for far; do
		seen=/var/run/mailtun.answers.$far
		look
	done
done
exit 0
`;
