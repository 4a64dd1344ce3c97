#!/bin/sh
# python-crontab reads a crontab(5) of OpenBSD or FreeBSD, writes it again, and lines with a random time are comments.
#
# One would guess: what it does not know, such as the `~` of a random minute (crontab(5) of OpenBSD, and of cronie), is kept
# as it is, or refused.
# It is: every such line is saved as a comment below "# DISABLED LINE", with a message on standard error and exit 0, when
# any other job is added. Certificates are no longer renewed from then on. A blank is put before `%%` as well.
# Needs python3, for python-crontab of Debian.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq python3-crontab=2.7.1-1 python3-dateutil python3-six >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" .; done
cat >tab <<'TAB'
~ ~ * * * acme-client mx1.example.com && rcctl restart smtpd
0~59 3 * * * syspatch -c
*/10 * * * * date +50%% >/tmp/x
TAB
cat >run.py <<'PY'
from crontab import CronTab
tab = CronTab(tabfile='tab')
tab.new(command='new-job').setall('30 4 * * *')
tab.write('saved')
PY
echo "python-crontab $(dpkg-deb -f python3-crontab_*.deb Version)"
PYTHONPATH=$dir/usr/lib/python3/dist-packages python3 run.py 2>/dev/null
cat saved
[ "$(grep -v '^$' saved)" = '# DISABLED LINE
# ~ ~ * * * acme-client mx1.example.com && rcctl restart smtpd
# DISABLED LINE
# 0~59 3 * * * syspatch -c
*/10 * * * * date +50 %% >/tmp/x
30 4 * * * new-job' ] || { echo 'changed: other lines are written now' >&2; exit 1; }
