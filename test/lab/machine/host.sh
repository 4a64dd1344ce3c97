# The lab's hosts, sourced by scripts/lab: what a host's disk is made of, starting, stopping, waiting.
#
# A host's root is an overlay: base (OpenBSD's programs and stock /etc, the same for all), below it nothing, above it
# what sets this host apart (hosts/HOST: names, addresses), and on top the host's disk, which survives a reboot.

hosts_of_lab=$(cat "$state/hosts" 2>/dev/null) || hosts_of_lab='namorar carinho mimando'
declare -A ports=(
  [namorar]='vio0=mgmt vio1=inet'
  [carinho]='vio0=mgmt vio1=line vio2=lan'
  [mimando]='vio0=mgmt vio1=lan'
  [saudade]='vio0=mgmt vio1=inet vio2=lan'
  [internet]='vio1=inet'
)
declare -A management=([namorar]=25 [carinho]=77 [mimando]=69 [saudade]=26)

# Everything below test/lab/machine that a host's root is made from, as one sum: tells a running lab from its changed sources.
sources_sum() {
  (
    cd "$lab_files"
    echo "$tree $number $hosts_of_lab"
    find . -name README.md -prune -o \( -type f -o -type l \) -printf '%P %m %l\n' | LC_ALL=C sort
    find . -name README.md -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cat
  ) | sha256sum
}

build_base() {
  rm -rf "$state/base" "$state/layers"
  mkdir -p "$state/base" "$state/layers"
  local layer
  for layer in base boot smtpd; do
    if [ "$layer" = base ]; then "$lab_files/lay-base" "$state/base"; continue; fi
    [ ! -d "$lab_files/$layer" ] || cp -R --preserve=mode,links "$lab_files/$layer/." "$state/base/"
  done
  cp -R --preserve=mode,links "$lab_files/etc/." "$state/base/etc/"
  # Copies, since these are setgid _smtpq or setuid root on OpenBSD.
  mkdir -p "$state/base/usr/libexec/opensmtpd"
  cp "$tree/usr/sbin/smtpctl" "$state/base/usr/sbin/"
  cp "$tree"/usr/libexec/opensmtpd/{lockspool,mail.local} "$state/base/usr/libexec/opensmtpd/"
  chown -R 0:0 "$state/base"
  (cd "$state/base" && apply_modes <"$lab_files/modes")
  (cd "$state/base" && stock_sums)
  local host
  for host in $hosts_of_lab; do build_layer "$host"; done
  mkdir -p "$state/layers/internet/usr/local"
  cp -R "$lab_files/internet" "$state/layers/internet/usr/local/lab"
}

# modes: KIND MODE OWNER:GROUP PATH [TARGET], numeric owners; d makes a directory, f an empty file where none is, l a link.
apply_modes() {
  perl -MFile::Path=make_path -lane '
    my ($kind, $mode, $owner, $path, $target) = @F;
    next unless ($path // "") =~ m{^/};
    $path = ".$path";
    if ($kind eq "l") { make_path($path =~ s{/[^/]+$}{}r); unlink $path; symlink $target, $path or die "$path: $!\n"; next }
    if ($kind eq "d") { make_path($path) } else { open my $file, ">>", $path or die "$path: $!\n" }
    chown split(/:/, $owner), $path;
    chmod oct $mode, $path;
  '
}

# As sysmerge(8) leaves it: the sums of the files in /etc as the release ships them.
stock_sums() {
  mkdir -p var/sysmerge
  find ./etc ./var/cron/tabs -type f ! -name doas.conf ! -name rc.conf.local | LC_ALL=C sort | xargs sha256sum |
    sed -E 's/^([0-9a-f]+)  (.*)$/SHA256 (\2) = \1/' >"$state/etcsum"
  mv "$state/etcsum" var/sysmerge/etcsum
  chmod 644 var/sysmerge/etcsum
}

build_layer() {
  local host=$1 layer="$state/layers/$1"
  cp -R --preserve=mode "$lab_files/hosts/$host/." "$layer"
  mkdir -p "$layer/etc/ssh" "$layer/root/.ssh" "$layer/home/admin/.ssh"
  printf 'inet 198.18.%s.%s 255.255.255.0\n' "$number" "${management[$host]}" >"$layer/etc/hostname.vio0"
  cp "$lab_files/keys/$host" "$layer/etc/ssh/ssh_host_ed25519_key"
  cp "$lab_files/keys/$host.pub" "$layer/etc/ssh/ssh_host_ed25519_key.pub"
  cp "$lab_files/keys/client.pub" "$layer/root/.ssh/authorized_keys"
  cp "$lab_files/keys/client.pub" "$layer/home/admin/.ssh/authorized_keys"
  chown -R 0:0 "$layer"
  chmod 755 "$layer" "$layer/etc" "$layer/etc/ssh" "$layer/home" "$layer/home/admin"
  chmod 700 "$layer/root" "$layer/root/.ssh" "$layer/home/admin/.ssh"
  chmod 640 "$layer"/etc/hostname.*
  chmod 600 "$layer/etc/ssh/ssh_host_ed25519_key" "$layer"/root/.ssh/* "$layer"/home/admin/.ssh/*
  chown -R 1001:1001 "$layer/home/admin"
}

# A process as "PID STARTTIME": the pid alone may be another's by now. A dead one that nobody has buried is none.
stamp() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  set -- "$1" $stat
  [ "$2" != Z ] && echo "$1 ${21}"
}

# pid_of FILE: the process whose stamp the file holds, if it still runs.
pid_of() {
  local pid start
  read -r pid start 2>/dev/null <"$1" || return 1
  [ "$(stamp "$pid")" = "$pid $start" ] && echo "$pid"
}

is_up() { pid_of "$state/$1/init" >/dev/null; }

boot() {
  local host=$1
  mkdir -p "$state/$host/disk" "$state/$host/work" "$state/$host/root" "$state/$host/record"
  rm -f "$state/$host/init" "$state/$host/ready"
  LAB=$LAB setsid "$lab_files/supervise.sh" "$host" </dev/null >>"$state/$host/console" 2>&1 &
}

# Without a process of its own, as sleep(1) would be.
pause() {
  [ -n "${never-}" ] || exec {never}<> <(:)
  read -rt "$1" -u "$never" || :
}

# A host is ready when its /etc/rc has run to the end.
wait_ready() {
  local host=$1 turn
  for turn in $(seq 1 600); do
    if pid_of "$state/$host/init" >/dev/null 2>&1 && [ -s "$state/$host/ready" ]; then return 0; fi
    pause 0.025
  done
  echo "lab: $host does not come up; its console says:" >&2
  tail -n 20 "$state/$host/console" >&2
  return 1
}

# await_end FILE PID: until the file no longer holds that process as one that runs.
await_end() {
  local turn
  for turn in $(seq 1 3000); do
    [ "$(pid_of "$1" || :)" = "$2" ] || return 0
    pause 0.005
  done
  echo "lab: process $2 of $1 does not end" >&2
  return 1
}

halt_host() {
  local host=$1 pid
  # Either may end by itself between the look and the signal.
  if pid=$(pid_of "$state/$host/supervisor"); then kill -KILL "$pid" 2>/dev/null || :; fi
  if pid=$(pid_of "$state/$host/init"); then
    kill -KILL "$pid" 2>/dev/null || :
    await_end "$state/$host/init" "$pid"
  fi
  rm -f "$state/$host/init" "$state/$host/supervisor"
}

# The power goes: what was written and not synced is lost (base/usr/libexec/lab/disk.pl).
cut_power() {
  local host
  for host; do halt_host "$host"; done
  for host; do
    [ "$host" != internet ] || continue
    "$lab_files/disk" lose "$state/$host/disk" "$state/$host/record" "$state/layers/$host" "$state/base"
  done
}
