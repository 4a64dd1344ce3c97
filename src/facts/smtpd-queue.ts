/**
 * smtpd's spool: which actions queued mail waits for. Each envelope is a file /var/spool/smtpd/queue/HH/MSGID/EVPID
 * with a line for each field (envelope.c); an envelope whose action smtpd doesn't know is in no output of smtpctl.
 */

import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { oneOf } from './one-of.ts';

/** A message in the queue, for one recipient. */
export interface QueuedEnvelope {
  /** 16 hex digits, as smtpctl(8) takes them. */
  readonly evpid: string;
  /** Seconds since 1970, by the host's clock. */
  readonly created: number;
  readonly agent: 'mta' | 'mda' | 'bounce' | '?';
  readonly action: string;
  /** Empty for a bounce. */
  readonly sender: string;
  readonly recipient: string;
}

/** The envelopes in /var/spool/smtpd. */
export interface Spool {
  readonly isEmpty: boolean;
  /** Envelopes by the name of their action. */
  readonly counts: ReadonlyMap<string, number>;
  /** Those whose action is none of the names that were passed: of each a thousand at most. */
  readonly unknown: readonly QueuedEnvelope[];
}

/** Where smtpd(8) keeps its queue. */
export const SPOOL = '/var/spool/smtpd/queue';

/**
 * Prints a `Spool`; its arguments are names of actions. With an empty queue no program is run. grep(1) ignores a file that
 * has disappeared meanwhile; awk(1) would end there.
 */
export const READ_SPOOL = `
for first in ${SPOOL}/*/*/????????????????; do break; done
if [ -e "$first" ]; then
tab=$(print '\\t') known=
for name; do known=$known$tab$name; done
known=$known$tab
print spool
find ${SPOOL} -type f -name '????????????????' -exec grep -Hs -e '^dispatcher: ' -e '^type: ' -e '^sender: ' \\
  -e '^dest: ' -e '^ctime: ' {} + | KNOWN=$known awk '
  { at = index($0, ":"); path = substr($0, 1, at - 1); field = substr($0, at + 1); at = index(field, ": ") }
  path != last { show(); last = path; type = sender = dest = ctime = action = "" }
  { key = substr(field, 1, at - 1); value = substr(field, at + 2) }
  key == "dispatcher" { action = value }
  key == "type" { type = value }
  key == "sender" { sender = value }
  key == "dest" { dest = value }
  key == "ctime" { ctime = value }
  END { show(); for (name in counts) print "count\\t" counts[name] "\\t" name }
  function show() {
    if (action == "") return
    counts[action]++
    if (index(ENVIRON["KNOWN"], "\\t" action "\\t") || counts[action] > 1000) return
    sub(/.*\\//, "", last)
    print "mail\\t" last "\\t" ctime "\\t" type "\\t" action "\\t" sender "\\t" dest
  }'
fi
`;

/** `text` is what READ_SPOOL prints. */
export function parseSpool(text: string): Spool {
  const lines = text.split('\n').map(line => line.split('\t'));
  return {
    isEmpty: !lines.some(([kind]) => kind === 'spool'),
    counts: new Map(
      lines.flatMap(([kind, count, ...name]) => (kind === 'count' ? [[name.join('\t'), Number(count)] as const] : [])),
    ),
    unknown: lines.flatMap(([kind, ...fields]) => (kind === 'mail' ? envelopeOf(fields) : [])),
  };
}

const envelopeOf = ([evpid = '', created, type, action = '', sender = '', ...recipient]: string[]): QueuedEnvelope => ({
  evpid,
  created: Number(created) || 0,
  agent: oneOf(['mta', 'mda', 'bounce'], type) ?? '?',
  action,
  sender: sender === '@' ? '' : sender,
  recipient: recipient.join('\t'),
});

/** The queue; `unknown` are the envelopes whose action is none of these. */
export const spoolOf = (actions: readonly string[]): Fact<Spool> =>
  fact('the actions of queued mail', builtins(READ_SPOOL, ...actions), parseSpool);
