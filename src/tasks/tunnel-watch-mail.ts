/** The part of the tunnel watch that sends queued mail: functions of sh(1), for `$interface`, `$domains`, `$far`, `$seen`. */
export const MAIL = `# A process that never answers would keep this one, and cron starts another one every minute.
smtpctl() {
	timeout 20 smtpctl "$@"
}

# What is scheduled meanwhile may not be sent later, and smtpd's scheduler may hang (scheduler_ramqueue.c).
is_paused() {
	smtpctl show status | grep -q 'M[DT]A paused'
}

# Connections to it have failed of late: smtpd may be down there though the tunnel is up.
fails() {
	smtpctl show routes | awk -v far="$far" '
		($4 == far || $4 == "[" far "]") && / penalty=[1-9]/ { found = 1 } END { exit !found }'
}

# Where it doesn't, all that waits goes on when it does.
listens() {
	nc -z -w 2 "$far" 25 || { echo 'no smtpd' >"$seen"; return 1; }
}

# What goes through the tunnel, which on a relay is mail for our domains, and has failed without an answer: smtpd would
# try it again after 400 s, and later ever more. With a number: so many times. Not what an admin has suspended.
failed() {
	local there=1
	is_gateway && there=0
	smtpctl show queue | awk -F'|' -v domains=",$domains," -v there=$there -v times="$1" '
		NF > 8 && $4 !~ /suspend/ && (times ? $(NF-3) == times : $(NF-3) > 0) && $(NF-2) == "pending" && $NF !~ /^[0-9]/ {
			domain = tolower($(NF-7))
			sub(/.*@/, "", domain)
			if ((index(domains, "," domain ",") > 0) == there) print $1
		}'
}

# With "all", smtpd sends what an admin has suspended as well (scheduler_ramqueue.c).
schedule_all() {
	local mail
	for mail in $(smtpctl show queue | awk -F'|' '
		$4 ~ /suspend/ { suspended = 1; next }
		NF > 8 { mails = mails " " $1 }
		END { print suspended ? mails : "all" }'); do smtpctl schedule "$mail"; done
}

send_waiting() {
	local route mail
	smtpctl show routes | awk -v far="$far" '
		($4 == far || $4 == "[" far "]") && / [N-]D[Q-][K-] nconn=/ { print $1 + 0 }' |
	    while read -r route; do smtpctl resume route "$route"; done
	! is_paused || return
	[ "$1" != all ] || { schedule_all; return; }
	for mail; do smtpctl schedule "$mail"; done
}

# Mail of a connection that failed is given up within ten seconds (DELAY_CHECK_SOURCE_SLOW of smtpd's mta.c), and would
# then wait for 400 s.
send_all() {
	local turn
	send_waiting all
	for turn in 1 2 3 4 5 6 7; do
		sleep 2
		[ -e "$seen" ] || return
		send_waiting $(failed)
	done
	sleep 2
	while [ -e "$seen" ] && is_paused && is_wanted; do sleep 2; done
	[ -e "$seen" ] && send_waiting all && listens
}

# A connection that is begun meanwhile would be asked for again after 6, 18 and 42 s, and smtpd opens no second one to a
# host that it has not reached yet (tcp_timer.c, mta_find_route). Ended now, its mail waits where it can be scheduled when
# the far end is back.
drop_unanswered() {
	local port own
	netstat -n -p tcp | awk -v far="$far" '
		$NF == "SYN_SENT" && $5 == substr(far, 1, 16) ".25" { sub(/.*[.]/, "", $4); print $4 }' |
	    while read -r port; do
		for own in $(ifconfig "$interface" | awk '$1 ~ /^inet6?$/ { print $2 }'); do
			tcpdrop "$own" "$port" "$far" 25
		done
	    done
}
`;
