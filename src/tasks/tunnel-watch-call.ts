import { PRIVATE_KEY, PUBLIC_KEY, UNCLAMPED } from '../resources/wg-key.ts';
import { LOCK_DIRECTORY, STATE_DIRECTORY } from '../run/prelude.ts';

/** The part of the tunnel watch that restores a silent tunnel: functions of sh(1), for `$interface` and `$far`. */
export const CALL = `# Only gateways know where the far end is.
is_gateway() {
	grep -q wgendpoint "/etc/hostname.$interface"
}

addresses_of() {
	case $1 in
	*:*)	echo "$1" ;;
	*[!0-9.]*) timeout 25 getent hosts "$1" | awk '{ print $1 }' ;;
	*)	echo "$1" ;;
	esac
}

# What the session with a relay is worth that may have started anew, only a new handshake shows; it costs the other
# tunnels one as well.
handshake() {
	local own
	own=$(ifconfig "$interface" | sed -n 's/^[[:space:]]*wgpubkey //p')
	[ "$own" ] && [ "$own" = "$(cat ${PUBLIC_KEY})" ] && ifconfig "$interface" wgkey "$(unclamped ${PRIVATE_KEY})"
}
${UNCLAMPED}

# Tries every address of the relay's name, with a new handshake each; as long as the name has no other ones, from then on
# one after the other without. An endpoint that is set forgets the address that packets went out from. Not while a run is
# changing the tunnel, nor for an address that a run has taken away meanwhile.
call() {
	local line key port addresses address
	[ -z "$(find ${LOCK_DIRECTORY} -prune -mmin -10)" ] && [ ! -d ${STATE_DIRECTORY}/armed ] &&
	    line=$(grep "^wgpeer .* wgendpoint .* wgaip $far/" "/etc/hostname.$interface") || return
	set -- $line
	key=$2 port=$5
	addresses=$(addresses_of "$4")
	case $(ifconfig "$interface") in
	*"<UP,"*"wgpeer $key"*) ;;
	*)	# As after a boot at which the name did not resolve.
		timeout 60 sh /etc/netstart "$interface"
		called= ;;
	esac
	if [ "$called" != "called $addresses" ]; then
		called="called $addresses"
		for address in \${addresses:-known}; do
			[ "$address" = known ] || ifconfig "$interface" wgpeer "$key" wgendpoint "$address" "$port"
			handshake
			! answers 1 2 || return 0
		done
		return 1
	fi
	set -- $addresses
	[ $# -gt 0 ] || return
	turn=$(( (turn + 1) % $# ))
	shift $turn
	ifconfig "$interface" wgpeer "$key" wgendpoint "$1" "$port"
	answers 1 2
}
`;
