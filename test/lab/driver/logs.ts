import type { Lab } from './on-host.ts';

/** syslogd(8) reads one socket in order: once it has written a line of ours, it has written all that came before. */
const WRITTEN = `mark=written-$$-$RANDOM; tries=300
logger -p mail.info -t lab "$mark"
until grep -q "lab: $mark\\$" /var/log/maillog; do
  [ $((tries -= 1)) -gt 0 ] || { echo "syslogd has not written for 30 s" >&2; exit 1; }
  sleep 0.1
done
cat /var/log/maillog`;

/** A host's mail log with every line that was logged before the call. @throws Error where syslogd does not write it. */
export const maillogOf = (lab: Lab, host: string): Promise<string> => lab.must(host, WRITTEN);

/** How many times smtpd has been started on a host, by its mail log. */
export const startsOf = async (lab: Lab, host: string): Promise<number> =>
  (await maillogOf(lab, host)).match(/info: OpenSMTPD .* starting/g)?.length ?? 0;
