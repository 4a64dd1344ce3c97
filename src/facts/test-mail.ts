/** The test message of `send-test`, and the commands that send it, trace it and delete it on hosts. Pure. */
import { type Command, command } from '../run/command.ts';
import { type MailEvent, parseMaillog } from './maillog.ts';
import { parseQueue, type QueuedMail } from './smtpctl-queue.ts';

/** A message that `mailtun send-test` sends. */
export interface TestMail {
  /** 16 hex digits, new for each mail. */
  readonly id: string;
  /** Envelope sender; empty for none, so that nothing can come back. */
  readonly sender: string;
  /** As the From line has it. */
  readonly from: string;
  readonly to: string;
}

const MARK = 'X-Mailtun-Test';

/** Lines end in LF; no line begins with a dot, Q or R, which would mean something on the way. */
export const mailText = ({ id, from, to }: TestMail, now: Date): string =>
  `${[
    `From: ${from}`,
    `To: <${to}>`,
    `Subject: mailtun send-test ${id}`,
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <mailtun-${id}@${from.replace(/^.*@|>$/g, '')}>`,
    `${MARK}: ${id}`,
    '',
    'This message was sent by mailtun send-test, which deletes it again.',
  ].join('\n')}\n`;

// One command at a time, for smtpd refuses pipelining; in lower case, for s_client takes Q and R for its own.
const HAND_IN = `
cr=$(print '\\r')
trap '' PIPE
hear() {
  local line
  while IFS= read -rp line; do
    line=\${line%"$cr"}
    case $line in
      [2-5][0-9][0-9]' '*) print -r -- "$line"; case $line in [23]*) return 0;; *) return 1;; esac;;
    esac
  done
  return 1
}
say() { print -rp -- "$1" 2>/dev/null && hear; }
timeout 30 openssl s_client -crlf -starttls smtp -servername "$2" -connect "$1:25" 2>/dev/null |&
say "ehlo $(hostname)" && say "mail from:<$3>" && say "rcpt to:<$4>" && say data && say "$5
." && say quit
`;

/** Hands the mail to an MX from the relay itself, through STARTTLS as other mail servers do; prints the answers. */
export const handIn = (address: string, name: string, mail: TestMail, text: string): Command =>
  command(HAND_IN, address, name, mail.sender, mail.to, text);

/** Hands the mail to the host's own smtpd; prints its answers. */
export const handOut = (mail: TestMail, text: string): Command =>
  command(`print -rn -- "$3" | sendmail -v -f "$1" "$2"`, mail.sender, mail.to, text);

// Every line of a session that knows the message, and what went wrong meanwhile: of all that the log has, the end.
const FOLLOW = `
msgid=$1 until=$((SECONDS + $2))
recent() { tail -n 3000 /var/log/maillog; }
until recent | grep -aqE " (mta|mda) delivery evpid=$msgid[0-9a-f]{8} .* result=\\"?(Ok|PermFail)"; do
  [ $SECONDS -lt $until ] || break
  sleep 0.2
done
sessions=$(recent | grep -aF "$msgid" | sed -nE 's/.*smtpd\\[[0-9]+\\]: ([0-9a-f]{16}) .*/\\1/p' | sort -u)
words=
for session in $sessions; do words="$words|$session"; done
recent | grep -aE "smtpd\\[[0-9]+\\]: (-$words|smtp-out: |[0-9a-f]{16} mta (error|connecting))" | tail -n 100
echo --
timeout 10 smtpctl show queue "$msgid"
exit 0
`;

/** Waits until a message has left a host, `seconds` at most; prints its lines of the log and of the queue. */
export const followMail = (msgid: string, seconds: number): Command => command(FOLLOW, msgid, String(seconds));

/** A message on one host. */
export interface Followed {
  /** About the message, and the errors of that time. */
  readonly events: readonly MailEvent[];
  readonly queue: readonly QueuedMail[];
}

/** What `followMail` printed. */
export function followed(text: string): Followed {
  const [log = '', queue = ''] = text.split('--\n');
  return { events: parseMaillog(log), queue: parseQueue(queue) };
}

const TAKE_AWAY = `
home=$(getent passwd "$1" | cut -d : -f 6)
[ -n "$home" ] || exit 1
for folder in new cur; do
  [ -d "$home/$2/$folder" ] || continue
  find "$home/$2/$folder" -type f -mmin -60 | while IFS= read -r file; do
    grep -qF "${MARK}: $3" "$file" && print -r -- "$file" && rm -f "$file"
  done
done
exit 0
`;

/** Deletes the message from a user's maildir; prints the path of its file. */
export const takeAway = (login: string, maildir: string, mail: TestMail): Command =>
  command(TAKE_AWAY, login, maildir, mail.id);

/** Removes a message from a host's queue, and nothing else. */
export const unqueue = (msgid: string): Command => command('exec timeout 10 smtpctl remove "$1"', msgid);

/** The id under which smtpd accepted a message, from its answer; null where it did not. */
export const acceptedAs = (answers: string): string | null =>
  /\b250 2\.0\.0 ([0-9a-f]{8}) Message accepted/.exec(answers)?.[1] ?? null;
