/** What smtpd(8) has refused, from the mail log: how much and why, and the sessions of one client or sender. */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';
import { type MailEvent, parseMaillog } from './maillog.ts';

/** The filter that logs what filters with the action log would have refused: `mailtun_log: SESSION FILTER TEXT`. */
export const LOG_FILTER = 'mailtun_log';

/**
 * Counts refusals in the mail log and the one before it; its arguments are addresses whose sessions do not count. Recipients
 * in replies are removed, so that the same refusal for many of them is one reason.
 */
const REFUSED = `
{
  if [ -f /var/log/maillog.0 ]; then cat /var/log/maillog.0
  elif [ -f /var/log/maillog.0.gz ]; then timeout 10 zcat /var/log/maillog.0.gz
  fi
  cat /var/log/maillog
} 2>/dev/null | OWN=" $* " awk '
  !since && / [^ ]*smtpd\\[[0-9]+\\]: / { since = $1 ~ /Z$/ ? $1 : $1 " " $2 " " $3 }
  { n = $3 ~ /]:$/ ? 4 : 6 }
  $(n + 1) == "smtp" && $(n + 2) == "connected" {
    split($(n + 3), part, "=")
    address = part[2]
    gsub(/[][]/, "", address)
    if (address == "local" || index(ENVIRON["OWN"], " " address " ")) own[$n]
  }
  $(n + 1) == "smtp" && $(n + 2) == "message" && !($n in own) { failing = 0 }
  $(n + 1) == "smtp" && $(n + 2) == "failed-command" && !($n in own) && match($0, /="DATA" result="421 .*"$/) {
    failing++
    failure = substr($0, RSTART + 16, RLENGTH - 17)
  }
  $(n + 1) == "smtp" && $(n + 2) == "disconnected" { delete own[$n] }
  $(n + 1) == "smtp" && $(n + 2) == "failed-command" && !($n in own) && match($0, / result="[45][0-9][0-9] .*"$/) {
    reason = substr($0, RSTART + 9, RLENGTH - 10)
    sub(/: <[^<>]*>$/, "", reason)
    counts["refused\\t" reason]++
  }
  $n == "${LOG_FILTER}:" { counts["logged\\t" $(n + 2)]++ }
  END {
    if (since) print "since\\t" since
    if (failing) print failing "\\tfailing\\t" failure
    for (reason in counts) print counts[reason] "\\t" reason
  }' | sort -rn | head -n 50
exit 0
`;

/** A text and how often it occurs. */
interface Counted {
  readonly what: string;
  readonly count: number;
}

/** What smtpd has refused, counted. */
export interface Refusals {
  /** The first line of the log, in its own words; null for an empty one. */
  readonly since: string | null;
  /** Of mail and of connections; the most frequent replies first. */
  readonly refused: readonly Counted[];
  /** Filters that only log, by name, with the number of refusals that they logged. */
  readonly logged: readonly Counted[];
  /** Messages in a row, up to now, whose DATA was answered with 421; null where the last one was accepted. */
  readonly failing: Counted | null;
}

/** @param text what REFUSED prints. */
function parseRefusals(text: string): Refusals {
  const lines = linesOf(text).map(line => line.split('\t'));
  const counted = (kind: string): readonly Counted[] =>
    lines
      .flatMap(([count, of, ...what]) => (of === kind ? [{ what: what.join('\t'), count: Number(count) || 0 }] : []))
      .toSorted((one, other) => other.count - one.count);
  return {
    since: lines.find(([kind]) => kind === 'since')?.[1] ?? null,
    refused: counted('refused'),
    logged: counted('logged'),
    failing: counted('failing')[0] ?? null,
  };
}

/** What was refused, without the sessions of these addresses. */
export const refusedOf = (own: readonly string[]): Fact<Refusals> =>
  fact('what was refused', command(REFUSED, ...own), parseRefusals);

// Every line of the sessions in which one of its arguments occurs, of seven days; fifty sessions at most.
const SESSIONS_WITH = `
log() {
  for n in 6 5 4 3 2 1 0; do
    if [ -f /var/log/maillog.$n ]; then cat /var/log/maillog.$n
    elif [ -f /var/log/maillog.$n.gz ]; then timeout 10 zcat /var/log/maillog.$n.gz
    fi
  done
  cat /var/log/maillog
}
set -A words --
for word; do set -A words -- "\${words[@]}" -e "$word"; done
ids=$(log 2>/dev/null | grep -aiF "\${words[@]}" | sed -nE 's/.*smtpd\\[[0-9]+\\]: ([0-9a-f]{16}) smtp .*/\\1/p' | awk '!seen[$0]++' | tail -n 50)
[ -n "$ids" ] || exit 0
set -A words --
for id in $ids; do set -A words -- "\${words[@]}" -e "$id"; done
log 2>/dev/null | grep -aF "\${words[@]}" | grep -aE 'smtpd\\[[0-9]+\\]: ([0-9a-f]{16} smtp|${LOG_FILTER}:) ' | tail -n 2000
exit 0
`;

/** One connection of a client and its result. */
export interface SmtpSession {
  /** As the log has it; null where it does not say. */
  readonly time: string | null;
  readonly address: string;
  /** By its PTR record; `<unknown>` where there is none. */
  readonly host: string;
  /** Commands that were refused, and the replies. */
  readonly refused: readonly { readonly command: string; readonly reply: string }[];
  /** Filters that only log, and what they would have replied. */
  readonly logged: readonly { readonly filter: string; readonly reply: string }[];
  /** Mail that was accepted. */
  readonly accepted: readonly { readonly from: string; readonly to: string }[];
}

/** @param text what SESSIONS_WITH prints. */
function parseSessions(text: string): readonly SmtpSession[] {
  const sessions = new Map<string, { -readonly [key in keyof SmtpSession]: SmtpSession[key] }>();
  const logged: (MailEvent & { kind: 'logged' })[] = [];
  for (const event of parseMaillog(text)) {
    if (event.kind === 'connected') {
      const { time, address, host } = event;
      sessions.set(event.session, { time, address, host, refused: [], logged: [], accepted: [] });
    }
    const session = 'session' in event ? sessions.get(event.session) : undefined;
    if (event.kind === 'logged') logged.push(event);
    else if (session && event.kind === 'refused')
      session.refused = [...session.refused, { command: event.command, reply: event.result }];
    else if (session && event.kind === 'envelope')
      session.accepted = [...session.accepted, { from: event.from, to: event.to }];
  }
  for (const { session, filter, reply } of logged) {
    const one = sessions.get(session);
    if (one) one.logged = [...one.logged, { filter, reply }];
  }
  return [...sessions.values()];
}

/** Sessions of the last seven days in whose lines one of these occurs; the last fifty. */
export const sessionsWith = (words: readonly string[]): Fact<readonly SmtpSession[]> =>
  fact('sessions', command(SESSIONS_WITH, ...words), parseSessions);
