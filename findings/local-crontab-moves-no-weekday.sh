#!/bin/sh
# local-crontab (npm) turns "Mondays at midnight" of a time zone into UTC lines for Mondays, a day late, and for every day.
#
# One would guess: 00:00 on Monday in Tokyo is 15:00 on Sunday in UTC, and a month in which clocks change is split so that
# each run still happens once.
# It is: the weekday is kept when the hour passes midnight (`0 15 * * 1` is Tuesday in Tokyo). And the month of a change
# becomes lines with days of the month and a weekday, which cron(8) joins with "or": a weekly job runs daily in it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund local-crontab@0.1.8 >/dev/null
cat >run.cjs <<'JS'
const { localCrontabToUtcCrontabs } = require('local-crontab');
console.log('Asia/Tokyo:', localCrontabToUtcCrontabs('0 0 * * 1', 'Asia/Tokyo').join(', '));
// The days of the change depend on the year: D stands for them.
const berlin = localCrontabToUtcCrontabs('0 12 * * 1', 'Europe/Berlin');
console.log('Europe/Berlin:', berlin.map(line => line.replace(/^(\S+ \S+) \d\S*/, '$1 D')).filter(line => / D 3 /.test(line)).join(', '));
JS
echo "local-crontab $(node -p "require('local-crontab/package.json').version")"
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'Asia/Tokyo: 0 15 * * 1
Europe/Berlin: 0 11 D 3 1, 0 10 D 3 1' ] || { echo 'changed' >&2; exit 1; }
