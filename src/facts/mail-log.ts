/** The mail log of the last day. */
import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { type MailEvent, parseMaillog } from './maillog.ts';

// What deliveries write, without the lines that any client and any probe can cause.
/** An extended regular expression for the lines of the mail log that are read. */
export const LOG_LINES = [
  '[0-9a-f]{16} mta (connecting|error|delivery)',
  '[0-9a-f]{16} mda delivery',
  'smtp-out: (Disabling|Failed|Error)',
  'warn: [A-Za-z]+ injecting',
  '(dispatcher: )?smtpd: bind',
  'info: OpenSMTPD',
].join('|');

// A power cut leaves NUL bytes in the log; without -a grep(1) would say no more of it than that it is a binary file.
// newsyslog(8) packs the old one only where its line has a Z, and a plain one that lies beside it is being packed.
// Sessions that broke off are printed separately: clients outside cause so many that they would fill the last lines.
/** Prints those lines of the last day; the expression is "$1". Exit status 1 where there is no log. */
export const READ_LOG = `
log() {
  if [ -f /var/log/maillog.0 ]; then tail -n 20000 /var/log/maillog.0
  elif [ -f /var/log/maillog.0.gz ]; then timeout 10 zcat /var/log/maillog.0.gz | tail -n 20000
  fi
  exec tail -n 20000 /var/log/maillog
} 2>/dev/null
log | awk '
  { n = $3 ~ /]:$/ ? 4 : 6 } # syslogd -Z writes the time as one word
  $(n + 1) != "smtp" { next }
  $(n + 2) == "connected" { from[$n] = $0 }
  $(n + 2) == "disconnected" {
    if (/reason="io/ && $n in from) last[count++ % 50] = from[$n] "\\n" $0
    delete from[$n]
  }
  END { for (n = count > 50 ? count - 50 : 0; n < count; n++) print last[n % 50] }'
log | grep -aE "smtpd\\[[0-9]+\\]: ($1)" | tail -n 500
[ -f /var/log/maillog ]
`;

/** The same where filters are programs; @param names of filters. */
const logLinesWith = (names: readonly string[]): string =>
  [LOG_LINES, 'warn: lost processor: ', 'lookup: (Non-register|Invalid|Missing) ', `(${names.join('|')}): `].join('|');

/** The events of the mail log, and whether there is one. */
export interface MailLog {
  readonly events: readonly MailEvent[];
  readonly isKept: boolean;
}

/** The mail log, with the lines of these filters. */
export const mailLogWith = (names: readonly string[]): Fact<MailLog> =>
  fact('the mail log', command(READ_LOG, names.length === 0 ? LOG_LINES : logLinesWith(names)), (text, exit) => ({
    events: parseMaillog(text),
    isKept: exit === 0,
  }));
