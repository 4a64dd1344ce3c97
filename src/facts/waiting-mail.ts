import { builtins } from '../run/command.ts';
import { type Fact, fact, UNANSWERED } from '../run/fact.ts';
import { SPOOL } from './smtpd-queue.ts';

// With an empty queue no program is run. An smtpd that hangs must not hold up the session. Fields are counted from the end,
// because a local part may contain a bar (queue_to_text.c). One that has just been started loads its queue one by one
// (queue_timeout() in queue.c), and shows what it has loaded: the files tell of all, unless they are compressed.
const WAITING = `
set -- ${SPOOL}/*/*
[ -e "$1" ] || return 0
{
  timeout 20 smtpctl show queue; echo "exit $?"
  find ${SPOOL} -type f -name '????????????????' -exec grep -hs -e '^dest: ' -e '^sender: ' {} +
} | awk -F'|' '
  function say(what) { if (!seen[what]++) print what }
  sub(/^dest: /, "") { say($0); next }
  sub(/^sender: .*@/, "@") { say($0); next }
  NF > 8 { say($(NF-7)); sub(/.*@/, "", $(NF-9)); say("@" $(NF-9)) }
  $0 == "exit 124" { late = 1 }
  END { exit late }' && return 0
print -u2 -r -- 'smtpd does not answer smtpctl(8), so the recipients of queued mail are unknown'
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
