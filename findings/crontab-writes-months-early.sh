#!/bin/sh
# crontab (npm) reads a crontab(5) with a month's name and writes the month before it: January as 0, March as 2.
#
# One would guess: a line that nobody has touched is saved as it was, or means the same in numbers.
# It is: months are counted from 0. A job of March runs in February from the next save on, whatever was saved; for a job of
# January there is no month 0, and crontab(1) refuses the file. Days of the week are right.
# The program crontab here only reads and writes a file.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund crontab@1.4.2 >/dev/null
mkdir bin
cat >bin/crontab <<'SH'
#!/bin/sh
if [ "$1" = -l ]; then cat "$TAB"; else cat >"$TAB.saved"; fi
SH
chmod +x bin/crontab
cat >tab <<'TAB'
0 9 1 jan * backup-year
0 9 1 mar,sep * renew-certificate
0 9 1 dec mon-fri report
0 9 1 3 * in-numbers
TAB
cat >run.cjs <<'JS'
require('crontab').load((failure, tab) => {
  if (failure) throw failure;
  tab.create('new-job', '30 4 * * *');
  tab.save(failed => {
    if (failed) throw failed;
  });
});
JS
echo "crontab $(node -p "require('crontab/package.json').version")"
PATH=$dir/bin:$PATH TAB=$dir/tab node run.cjs
cat tab.saved
[ "$(grep -v '^$' tab.saved)" = '0 9 1 0 * backup-year
0 9 1 2,8 * renew-certificate
0 9 1 11 1-5 report
0 9 1 3 * in-numbers
30 4 * * * new-job' ] || { echo 'changed: other months are written now' >&2; exit 1; }
