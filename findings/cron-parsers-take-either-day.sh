#!/bin/sh
# cron-parser and croner (npm) run `0 5 */2 * 1` on odd days and on Mondays; cron(8) runs it on Mondays that are odd days.
#
# One would guess: libraries that know the rule of the two restricted day fields (either one is enough) know which fields
# are restricted.
# It is: in crontab(5) a field is restricted where it does not begin with an asterisk, and cron(8) goes by that one
# character (OpenBSD: usr.sbin/cron/entry.c, DOM_STAR and DOW_STAR), so with `*/2` both fields have to match. To these two
# `*/2` is as restricted as `1-31/2`, and of the first nine days that they name for December 2026 only the 7th is cron's.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund cron-parser@5.10.6 croner@11.0.1 >/dev/null
cat >run.mjs <<'JS'
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
const from = '2026-12-01T00:00:00Z';
const days = dates => dates.map(date => date.getUTCDate()).join(' ');
for (const line of ['0 5 */2 * 1', '0 5 1-31/2 * 1']) {
  const next = CronExpressionParser.parse(line, { currentDate: from, tz: 'UTC' });
  console.log(`${line}: cron-parser ${days([...'123456789'].map(() => next.next().toDate()))}`);
  console.log(`${line}: croner ${days(new Cron(line, { timezone: 'UTC' }).nextRuns(9, from))}`);
}
// The first Monday of December 2026 is the 7th.
console.log(`cron(8), */2 and Mondays: ${[7, 14, 21, 28].filter(day => day % 2 === 1).join(' ')}`);
JS
for name in cron-parser croner; do echo "$name $(node -p "require('./node_modules/$name/package.json').version")"; done
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '0 5 */2 * 1: cron-parser 1 3 5 7 9 11 13 14 15
0 5 */2 * 1: croner 1 3 5 7 9 11 13 14 15
0 5 1-31/2 * 1: cron-parser 1 3 5 7 9 11 13 14 15
0 5 1-31/2 * 1: croner 1 3 5 7 9 11 13 14 15
cron(8), */2 and Mondays: 7 21' ] || { echo 'changed' >&2; exit 1; }
