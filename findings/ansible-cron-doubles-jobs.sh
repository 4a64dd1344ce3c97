#!/bin/sh
# Ansible's cron module writes a job twice into a crontab, where somebody has put a comment above the first one.
#
# One would guess: the module finds its job below `#Ansible: backup`, sees that it is as wanted, and changes nothing; or it
# finds it by its text, as it does where that mark is missing. Comments are of no meaning to crontab(5).
# It is: the line after the mark is taken for the job, whatever it is, and replaced. So the comment is lost, the job is
# there twice, and cron(8) runs it twice at the same minute. Later runs change nothing more, and `state=absent` takes only
# the first away: the job goes on.
# Needs root, for a folder tree of its own.
set -eu
seen=$("$(dirname "$0")"/in-debian-13 ansible-core=2.19.11-0+deb13u1 cron libc-bin <<'RUN'
export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/sbin:/usr/bin ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOLOR=1 \
  ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
ansible --version | sed -n 1p >&2
mkdir -p /var/spool/cron/crontabs /dev/shm
backup() {
  ansible -i localhost, -c local all -m ansible.builtin.cron -a "name=backup minute=0 hour=3 job=/usr/local/bin/backup $1" 2>/dev/null |
    sed -n "s/^localhost | \([A-Z]*\).*/$2: \1/p"
  crontab -l | sed 's/^/  /'
}
backup '' added
crontab -l | sed 's/^0 3/# before the snapshot\n&/' | crontab -
backup '' 'with a comment'
backup '' 'again'
backup state=absent removed
RUN
)
echo "$seen"
[ "$seen" = 'added: CHANGED
  #Ansible: backup
  0 3 * * * /usr/local/bin/backup
with a comment: CHANGED
  #Ansible: backup
  0 3 * * * /usr/local/bin/backup
  0 3 * * * /usr/local/bin/backup
again: SUCCESS
  #Ansible: backup
  0 3 * * * /usr/local/bin/backup
  0 3 * * * /usr/local/bin/backup
removed: CHANGED
  0 3 * * * /usr/local/bin/backup' ] || { echo 'changed' >&2; exit 1; }
