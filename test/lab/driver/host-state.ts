import type { Lab } from './on-host.ts';

// Whatever mailtun may touch, its own records and what the daemons themselves write left out.
const STATE = `
find /etc /root /usr/local /var/cron/tabs /var/db /home -type f ! -path '/var/db/mailtun/*' 2>/dev/null | sort |
while read -r path; do print -r -- "$(stat -f '%OMp%OLp %Su:%Sg %m' "$path") $(sha256 -q "$path") $path"; done
find /etc /root /usr/local /var/db -type d ! -path '/var/db/mailtun*' | sort
ifconfig | egrep -v 'index|lladdr'
pfctl -si | sed -n 's/ for .*//p' | head -n 1
pfctl -sr
pfctl -sA
rcctl ls on
rcctl ls started
netstat -an | grep LISTEN
crontab -l
exit 0
`;

/** Everything of a host that a run may change: files to the byte with their times, and what runs. */
export const hostState = (lab: Lab, host: string): Promise<string> => lab.must(host, STATE);
