# Mail from and to the outside of the lab, sourced by scripts/lab.

send() {
  local from= to= subject='a mail from the internet' mx=
  while [ $# -gt 1 ]; do
    case $1 in
      --from) from=$2 ;;
      --to) to=$2 ;;
      --subject) subject=$2 ;;
      --mx) mx=$2 ;;
      *) fail_usage ;;
    esac
    shift 2
  done
  [ $# = 0 ] && [ -n "$from" ] && [ -n "$to" ] || fail_usage
  # A terminal or a closed stdin gives no body; a pipe does.
  if [ -t 0 ]; then exec </dev/null; fi
  run_on internet ${mx:+MX="$mx"} /usr/local/lab/send "$from" "$to" "$subject"
}

# One mail after the other, each under a line with its file's name; nothing where there is none.
print_mails() {
  local file
  for file; do
    printf '== %s\n' "${file##*/}"
    cat "$file"
    echo
  done
}

# The files live on the host's disk, so a host that is off can be looked at too.
inbox() {
  [ $# -ge 1 ] && [[ $1 = ?*@?* ]] || fail_usage
  local login=${1%@*} host=${1#*@} dir=${2-} files
  need_host "$host"
  mapfile -d '' files < <(cd "$state/$host/disk/home/$login" 2>/dev/null &&
    find "$PWD/$dir" -type f \( -path '*/new/*' -o -path '*/cur/*' \) -print0 | sort -z)
  print_mails "${files[@]}"
}

outbox() {
  local files
  if [ "${1-}" = --clear ]; then run_on internet find /var/outbox -type f -name '[0-9]*' -delete; fi
  mapfile -d '' files < <(find "$state/internet/disk/var/outbox" -type f -name '[0-9]*' -print0 2>/dev/null | sort -z)
  print_mails "${files[@]}"
}

# Written inside, since an overlay does not see what is changed below it.
sink() {
  case ${1-} in
    accept) run_on internet rm -f /etc/sink/answer ;;
    refuse) echo '550 5.7.1 refused by the lab' | run_on internet tee /etc/sink/answer >/dev/null ;;
    later) echo '451 4.7.1 come back later, says the lab' | run_on internet tee /etc/sink/answer >/dev/null ;;
    *) fail_usage ;;
  esac
}

publish() { run_on internet /usr/local/lab/publish; }
