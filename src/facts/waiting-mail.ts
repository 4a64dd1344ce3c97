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
  find ${SPOOL} -type f -name '????????????????' -exec grep -Hs -e '^dispatcher: ' -e '^dest: ' -e '^sender: ' {} +
} | awk -F'|' '
  function say(what) { if (!seen[what]++) print what }
  /^\\// {
    at = index($0, ":"); path = substr($0, 1, at - 1); line = substr($0, at + 1)
    if (path != last) { last = path; action = ""; sub(/.*\\//, "", path); mail = path }
    if (sub(/^dispatcher: /, "", line)) action = "\\t" line
    else if (sub(/^dest: /, "", line)) { told[mail] = 1; say(line action) }
    else if (sub(/^sender: .*@/, "@", line)) say(line)
    next
  }
  NF > 8 { shown[$1] = $(NF-7); sub(/.*@/, "", $(NF-9)); say("@" $(NF-9)) }
  $0 == "exit 124" { late = 1 }
  END { for (mail in shown) if (!told[mail]) say(shown[mail]); exit late }' && return 0
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
  /** By recipient, without what follows a plus, the actions that its mail was queued for; empty where that is unknown. */
  readonly actions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Domains of senders. */
  readonly senderDomains: ReadonlySet<string>;
}

/** The queue of smtpd(8), as smtpctl(8) shows it. */
export const WAITING_MAIL: Fact<WaitingMail> = fact('to whom and from where mail waits', builtins(WAITING), text => {
  const lines = text.toLowerCase().split('\n').filter(Boolean);
  const mails = lines.filter(line => !line.startsWith('@')).map(line => line.split('\t'));
  const actions = new Map<string, Set<string>>();
  for (const [to = '', action = ''] of mails)
    actions.set(recipientOf(to), (actions.get(recipientOf(to)) ?? new Set()).add(action));
  return {
    recipients: new Set(mails.flatMap(([to = '']) => [to, recipientOf(to)])),
    actions,
    senderDomains: new Set(lines.filter(line => /^@./.test(line)).map(line => line.slice(1))),
  };
});
