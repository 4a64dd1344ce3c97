#!/bin/sh
# nsyslog-parser and syslog-parse (npm) date the last lines of December a year ahead, and misread syslogd's "repeated" lines.
#
# One would guess: a line without a year (RFC 3164, and what syslogd(8) writes to /var/log/maillog) is of the past, so read
# on 2 January, Dec 31 is the day before yesterday; and "last message repeated 2 times", which syslogd writes in place of
# equal lines, is a message.
# It is: both put the present year in front, so in January the end of December is twelve months away, and sorting by time
# puts it last. Of the repetition nsyslog-parser makes a program "last" with the process "message"; syslog-parse returns
# undefined.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund nsyslog-parser@0.10.1 syslog-parse@2.0.0 >/dev/null
cat >run.mjs <<'JS'
import { createRequire } from 'node:module';
const System = Date;
const now = System.UTC(2027, 0, 2, 6);
globalThis.Date = class extends System {
  constructor(...words) {
    super(...(words.length === 0 ? [now] : words));
  }
  static now = () => now;
};
const { default: syslogParse } = await import('syslog-parse');
const nsyslog = createRequire(import.meta.url)('nsyslog-parser');
const day = time => new System(time).toISOString().slice(0, 10);
const december = '<22>Dec 31 23:50:00 mimando smtpd[1234]: info: OpenSMTPD 7.6.0 starting';
console.log(`read on ${day(now)}: nsyslog-parser ${day(nsyslog(december).ts)}, syslog-parse ${day(syslogParse(december).time)}`);
const repeated = '<22>Jan  1 05:00:00 mimando last message repeated 2 times';
const { appName, pid, message } = nsyslog(repeated);
console.log(`repeated: nsyslog-parser ${JSON.stringify({ appName, pid, message })}, syslog-parse ${syslogParse(repeated)}`);
JS
for name in nsyslog-parser syslog-parse; do echo "$name $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version")"; done
seen=$(TZ=UTC node run.mjs)
echo "$seen"
[ "$seen" = 'read on 2027-01-02: nsyslog-parser 2027-12-31, syslog-parse 2027-12-31
repeated: nsyslog-parser {"appName":"last","pid":"message","message":"times"}, syslog-parse undefined' ] || { echo 'changed' >&2; exit 1; }
