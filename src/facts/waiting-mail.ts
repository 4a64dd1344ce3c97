import { builtins } from '../run/command.ts';
import { type Fact, fact, UNANSWERED } from '../run/fact.ts';

// With an empty queue no program is run. An smtpd that hangs must not hold up the session. Fields are counted from the end,
// because a local part may contain a bar (queue_to_text.c).
const WAITING = `
set -- /var/spool/smtpd/queue/*/*
[ -e "$1" ] || return 0
{ timeout 20 smtpctl show queue; echo "exit $?"; } | awk -F'|' 'NF > 8 && !seen[$(NF-7)]++ { print $(NF-7) }
  NF > 8 { sub(/.*@/, "", $(NF-9)); if (!seen["@" $(NF-9)]++) print "@" $(NF-9) }
  $0 == "exit 124" { late = 1 }
  END { exit late }' && return 0
print -u2 -r -- 'smtpd does not answer smtpctl(8), so it is not known for whom mail waits'
print -u2 -r -- 'on the host: rcctl restart smtpd; then run the same command again'
return ${UNANSWERED}
`;

/**
 * The recipient that an address means, in lower case: what follows a plus is the user's own (mailaddr_match() in util.c).
 */
export const recipientOf = (address: string): string => address.toLowerCase().replace(/\+.*(?=@[^@]*$)/, '');

/** Recipients and sender domains of queued mail, in lower case. */
interface WaitingMail {
  /** With and without what follows a plus. */
  readonly recipients: ReadonlySet<string>;
  /** Domains of senders. */
  readonly senderDomains: ReadonlySet<string>;
}

/** The queue of smtpd(8), as smtpctl(8) shows it. */
export const WAITING_MAIL: Fact<WaitingMail> = fact('to whom and from where mail waits', builtins(WAITING), text => {
  const lines = text.toLowerCase().split('\n').filter(Boolean);
  return {
    recipients: new Set(lines.filter(line => !line.startsWith('@')).flatMap(line => [line, recipientOf(line)])),
    senderDomains: new Set(lines.filter(line => /^@./.test(line)).map(line => line.slice(1))),
  };
});
