import { HELD_FILE as HELD } from '../run/prelude.ts';

/**
 * Before a restart smtpd(8) starts no new delivery and finishes those in progress: if it is stopped between an answer
 * of the next hop and recording it, or between recording a message and answering its sender, it duplicates
 * that message (RFC 1047). Whether it is at such a point is looked up while its dispatcher, the process that speaks SMTP
 * (smtpd.c, since 6.9), is stopped by a signal: what is seen then stays true until smtpd has ended. The dispatcher goes on by
 * itself after three seconds, whatever becomes of this shell. The pause is kept in memory alone, so it ends with the process
 * (scheduler.c). Incoming mail is not paused: sendmail(8) would fail then, although it waits for an smtpd that is down
 * (control.c, enqueue.c). smtpd tries to the end what its scheduler has handed to it before the pause, which after an outage are
 * dozens of messages; what takes longer than some ten seconds, or smtpctl(8) that gets no answer, is not waited for.
 */
export const PAUSE = `
_first() { pgrep -x -u root -P 1 smtpd; }
# Who has paused it before, an admin or this run, makes smtpctl(8) fail (control.c).
_hold() {
  timeout 2 smtpctl pause "$1" >/dev/null 2>&1 && return
  # No answer takes two seconds.
  [ $? -ne 124 ] || tries=$((tries - 30))
  timeout 2 smtpctl show status 2>/dev/null | grep -iq "^$1 paused"
}
# Empty while a mail is being taken or handed over; else what waits, which has not changed where nothing came in between, and
# how many mails the dispatcher is done with or has not got yet, and the scheduler has not heard of: the counter of running
# tasks is told before the queue is (mta_flush_task of mta_session.c), and the queue may be waiting for the disk.
_stand() {
  local between
  stand=
  set -- /var/spool/smtpd/offline/*
  [ -e "$1" ] || shift
  set -- $(timeout 2 smtpctl show stats 2>/dev/null | awk -F= -v offline=$# '
    { of[$1] = $2 }
    END {
      isBusy = of["mta.task.running"] > 0 || of["mda.running"] > 0 || of["scheduler.envelope.incoming"] > 0
      # In its first seconds smtpd submits them itself, and removes each only after that.
      if (offline && of["uptime"] < 10) isBusy = 1
      if ("uptime" in of) print isBusy, of["scheduler.envelope.inflight"] - of["mta.envelope"] - of["mda.envelope"]
    }')
  answer=$1
  [ "$1" = 0 ] || return 0
  between=$2
  set -- /var/spool/smtpd/incoming/* /var/spool/smtpd/queue/*/*
  stand="still $between $*"
}
# In a process group of its own, so that a signal to the group of this shell leaves it.
_freeze() {
  local left=20
  set -m
  ( trap '' HUP; sleep 3; kill -CONT "$1" ) </dev/null >/dev/null 2>&1 &
  watch=$!
  set +m
  kill -STOP "$1" 2>/dev/null
  # One that is running stops a moment later, and what is looked at before that may still change.
  until _is_frozen "$1" || [ $left -eq 0 ]; do sleep 0.02; left=$((left - 1)); done
}
_go_on() { kill -CONT "$1"; kill $watch; } 2>/dev/null
_is_frozen() { case $(ps -o stat= -p "$1") in T*) ;; *) return 1;; esac; }
# sendmail(8) that waits for an answer fails when smtpd ends, and its mail is lost to whoever does not look at that.
_serves() { pgrep -f '^([^ ]*/)?(sendmail|send-mail)( |$)' >/dev/null; }
# rcctl(8) takes a while to come to it, and mail goes on coming meanwhile. The other processes end with the first one, and the
# dispatcher goes on only when the queue has ended, which would still record what it could not answer.
_terminate() {
  local tries=54 frozen=$2
  kill "$1" 2>/dev/null
  while kill -0 "$1" 2>/dev/null && [ $tries -gt 0 ]; do
    if [ $tries -gt 49 ]; then sleep 0.02; else sleep 0.1; fi
    [ -z "$frozen" ] || pgrep -P "$1" -f '^smtpd: queue' >/dev/null || { kill -CONT "$frozen" 2>/dev/null; frozen=; }
    tries=$((tries - 1))
  done
  kill -0 "$1" 2>/dev/null || ended=yes
}
pause() {
  local tries=60 looks=10 stand= answer= before pid dispatcher= watch
  pid=$(_first)
  smtpd -n >/dev/null 2>&1 || pid=
  case $pid in *[!0-9]*) pid=;; esac
  # One that has just been started answers smtpctl(8) later than it loads its queue and sends, and names its processes then.
  until _hold mta && _hold mda; do
    tries=$((tries - 2))
    [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  [ -z "$pid" ] || until dispatcher=$(pgrep -P "$pid" -f '^smtpd: dispatcher') || [ $tries -lt 40 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
  while [ $tries -gt 0 ]; do
    before=$stand
    set -- /var/spool/smtpd/incoming/* /var/spool/smtpd/queue/*/*
    _stand
    if [ -z "$dispatcher" ] || [ $looks -eq 0 ]; then
      [ -z "$stand" ] || [ "$stand" != "$before" ] || break
    elif [ -n "$stand" ]; then
      # A message that has been recorded since a moment ago may not have been answered.
      before="still 0 $*" looks=$((looks - 1))
      _freeze "$dispatcher"
      _stand
      [ "$stand" != "$before" ] || ! _is_frozen "$dispatcher" || _serves || break
      _go_on "$dispatcher"
    fi
    sleep 0.1
    # No answer takes two seconds.
    [ -n "$answer" ] || tries=$((tries - 2))
    tries=$((tries - 1))
  done
  [ -z "$pid" ] || _terminate "$pid" "$dispatcher"
}
resume() { timeout 2 smtpctl resume mta; timeout 2 smtpctl resume mda; } >/dev/null 2>&1
`;

/**
 * Before a change of the tunnel that ends the sessions over it, smtpd(8) hands nothing more over, at both ends: a session
 * that is cut between the next hop's note of a mail and its answer makes two of that mail as well. What smtpd has been
 * handed by its own scheduler it tries to the end, so that is waited for (`mta.task` of mta.c), and a destination that is
 * slow or silent not for long. Where an admin has paused it, or it does not run, there is nothing to stop nor to resume:
 * smtpctl(8) fails then (control.c). A restart resumes by itself, since the pause is kept in memory alone. A session with an
 * address that no peer has any more would take the next mail and be silent for five minutes (mta_session.c), and smtpd tries that
 * address for as long as it has a session for the name, and some seconds longer (mta.c): both end before sending is resumed.
 */
export const TRAFFIC = `
_peers() { ifconfig -A 2>/dev/null | awk '$1 == "wgaip" { sub("/.*", "", $2); print $2 }'; }
# _forget ADDRESS: netstat(1) cuts the end off a long one.
_forget() {
  local port own tries=100
  netstat -n -p tcp | awk -v far="$1" '
    $NF == "ESTABLISHED" && $5 == substr(far, 1, 16) ".25" { sub(/.*[.]/, "", $4); print $4 }' |
    while read -r port; do
      for own in $(ifconfig -A | awk '$1 ~ /^inet6?$/ { print $2 }'); do tcpdrop "$own" "$port" "$1" 25; done
    done
  while [ $tries -gt 0 ] && timeout 2 smtpctl show hosts | grep -q "^$1 "; do
    sleep 0.1
    tries=$((tries - 1))
  done
}
_starts() { pgrep -x -u root -P 1 smtpd >/dev/null && ! timeout 2 smtpctl show status >/dev/null 2>&1; }
hold() {
  local tries=50 quiet=
  { echo "$MAILTUN_RUN" && _peers; } >${HELD} || return 0
  until timeout 2 smtpctl pause mta >/dev/null 2>&1; do
    # One that was too busy to answer may have been paused all the same, so release has to know of it.
    [ $? -ne 124 ] || return 0
    _starts && [ $tries -gt 0 ] || { rm -f ${HELD}; return 0; }
    sleep 0.1
    tries=$((tries - 1))
  done
  while [ $tries -gt 0 ]; do
    if timeout 2 smtpctl show stats 2>/dev/null | grep -q '^mta\\.task=[1-9]'; then quiet=
    else [ -z "$quiet" ] || break; quiet=yes; fi
    sleep 0.1
    tries=$((tries - 1))
  done
}
# A daemon that is just being stopped or started may not answer; one that answers and is paused is asked again.
release() {
  local tries=5 now far
  [ -e ${HELD} ] || return 0
  now=" $(echo $(_peers)) "
  sed 1d ${HELD} | while read -r far; do case $now in *" $far "*) ;; *) _forget "$far";; esac; done >/dev/null 2>&1
  while [ $tries -gt 0 ]; do
    timeout 2 smtpctl resume mta
    case $(timeout 2 smtpctl show status) in *'MTA paused'*) ;; *) break;; esac
    sleep 1
    tries=$((tries - 1))
  done >/dev/null 2>&1
  rm -f ${HELD}
}
`;
