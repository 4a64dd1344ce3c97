# Where this instance of the lab lives; sourced by every script of the lab. LAB names the instance.
LAB=${LAB:-lab}
lab_files=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=/var/tmp/mailtun-lab
state=$top/$LAB
tree=$("$lab_files/../../../scripts/lab-packages" --tree)
number=$(cat "$state/number" 2>/dev/null) || number=
uplink=mtlab$number
