import type { Fleet, Host } from '../hosts/fleet.ts';
import { crontab, LONGEST_COMMAND } from '../resources/crontab.ts';
import { file, MARKED, ofRoot } from '../resources/file.ts';
import { command } from '../run/command.ts';
import { words as quoted } from '../run/quoting.ts';
import type { Task } from '../run/task.ts';
import { isTunnelHost, peersOf } from './neighbours.ts';
import { LIBEXEC, libexec, smtpdRestart } from './smtpd-restart.ts';
import { CALL } from './tunnel-watch-call.ts';
import { MAIL } from './tunnel-watch-mail.ts';

const WATCH = `${LIBEXEC}/mailtun-watch`;

// Not at cron's next minute only, and what watches by other words ends at its next look.
const START = 'nohup "$@" >/dev/null 2>&1 </dev/null &';

/**
 * Every five seconds: a packet into the tunnel wakes a gateway that stayed silent after its boot, and one whose relay has
 * moved. Mail that waited goes on as soon as the far end answers, or by another relay that does.
 */
export const tunnelWatch: Task<Host, Fleet> = {
  name: 'tunnel-watch',
  summary: 'after an outage the tunnel works again within half a minute, and queued mail is sent at once',
  resources: (host, fleet) => {
    if (!isTunnelHost(host)) return [];
    const domains = (host.role === 'gateway' ? host : fleet).domains.join();
    const far = peersOf(host, fleet).map(peer => peer.tunnel.address);
    const all = [fleet.tunnel.interface, domains, ...far];
    const fits = Buffer.byteLength([WATCH, ...all].join(' ')) <= LONGEST_COMMAND;
    const words = [WATCH, ...(fits ? all : all.slice(0, 1))];
    const text = fits ? WATCH_SCRIPT : knowing(all);
    return [
      ...(smtpdRestart(host).length > 0 ? [] : [libexec]),
      file(WATCH, { content: () => text, ...ofRoot('0555'), accept: ['sh', '-n'] }),
      crontab('tunnel watch', [`*\t*\t*\t*\t*\t-q ${words.join(' ')}`, `@reboot\t-q ${words.join(' ')}`], {
        label: 'starts the tunnel watch',
        command: command(START, ...words),
      }),
    ];
  },
};

// What a look costs, and how long smtpd keeps a failure to itself, is reckoned up in docs/second-line.md. Nothing in here
// may wait for long: an outage that begins meanwhile would be found as much later.
/** The script that cron(8) runs every minute on both ends of a tunnel. */
export const WATCH_SCRIPT = `#!/bin/sh
${MARKED}
# Looks after the tunnel, from root's crontab: mailtun-watch INTERFACE DOMAIN,... ADDRESS ...
# Looks every five seconds until the next run takes over, which cron(8) starts each minute; where all is well, a look is
# one ping.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
exec >/dev/null 2>&1 </dev/null

# The youngest run watches, and the one before it ends at its next look: nothing that was killed holds up anybody.
current=/var/run/mailtun.watching
echo $$ >"$current"
is_wanted() {
	local pid
	[ $SECONDS -lt 100 ] && [ -e "$0" ] && read -r pid <"$current" && [ "$pid" = $$ ]
}

# answers PACKETS SECONDS: -w counts from the last packet.
answers() {
	case $far in
	*:*)	ping6 -n -c "$1" -w "$2" "$far" ;;
	*)	ping -n -c "$1" -w "$2" "$far" ;;
	esac
}

# One lost packet is no outage, and one known outage needs no second packet.
is_there() {
	[ -e "$seen" ] || { answers 1 2; return; }
	answers 1 1 || answers 2 2
}

${CALL}
${MAIL}
look() {
	local waiting
	is_there || {
		[ ! -e "$seen" ] || { rm -f "$seen"; called=; }
		drop_unanswered
		call
	} || return
	if [ ! -e "$seen" ]; then
		: >"$seen"
		called=
		send_all &
		return
	fi
	if [ -s "$seen" ]; then
		listens || return
		: >"$seen"
		send_all &
	elif [ "$first" ]; then
		waiting=$(failed 1)
		[ "$waiting" ] && listens && send_waiting $waiting
	fi
}

# An outage ends unannounced, and every look at it may be the one that ends it.
watch() {
	local first=yes called= turn=0
	seen=/var/run/mailtun.answers.$far
	look
	first=
	while if [ -e "$seen" ]; then sleep 5; else sleep 2; fi; is_wanted; do look; done
	wait
}

# smtpd takes relays in turn, and a mail that failed by one not before 400 s, then ever later. More than once, for while
# it has put the route to that one aside, what falls to it fails at once.
share() {
	local answering= failing= far seen turn
	for far; do
		seen=/var/run/mailtun.answers.$far
		[ ! -e "$seen" ] || answering=yes
		[ -e "$seen" ] && ! fails || failing=yes
	done
	[ "$answering$failing" = yesyes ] || return
	for turn in 1 2 3; do
		is_paused || schedule_all
		sleep 5
	done
}

interface=$1 domains=$2
shift 2
for far; do watch & done
if [ $# -gt 1 ] && is_gateway; then
	sleep 10
	share "$@"
fi
wait
exit 0
`;

/** The same script with its own words in it, whatever else it is called with: for more of them than cron(8) passes on. */
const knowing = (words: readonly string[]): string =>
  WATCH_SCRIPT.replace('\ninterface=$1', () => `\nset -- ${quoted(...words)}\ninterface=$1`);
