/**
 * What smtpd(8) writes to /var/log/maillog (smtp_session.c, mta_session.c, recordings): text in, events out, in the order of
 * the lines.
 */
import { linesOf } from './lines.ts';
import { oneOf } from './one-of.ts';

interface Sent {
  /** 16 hex digits; 0000000000000000 where no session was opened. */
  readonly session: string;
}

/** An event in /var/log/maillog. */
export type MailEvent = Fields & {
  /** `Nov 22 06:17:17` in the host's own time, `2026-11-22T06:17:17.123Z`; null for a line without syslog's head. */
  readonly time: string | null;
};

type Fields =
  | ({ readonly kind: 'connected'; readonly address: string; readonly host: string } & Sent)
  | ({ readonly kind: 'connecting'; readonly address: string } & Sent)
  | ({ readonly kind: 'checked'; readonly result: string } & Sent)
  | ({ readonly kind: 'accepted'; readonly msgid: string } & Sent)
  | ({ readonly kind: 'envelope'; readonly evpid: string; readonly from: string; readonly to: string } & Sent)
  | ({ readonly kind: 'refused'; readonly command: string; readonly result: string } & Sent)
  | ({ readonly kind: 'error'; readonly reason: string } & Sent)
  | ({ readonly kind: 'disconnected'; readonly reason: string } & Sent)
  | ({ readonly kind: 'delivery' } & Delivery & Sent)
  | { readonly kind: 'unresolved'; readonly relay: string; readonly reason: string }
  /** `isPermanent`: smtpd will not try again to send it. */
  | { readonly kind: 'bounce lost'; readonly msgid: string; readonly isPermanent: boolean }
  | {
      readonly kind: 'expired';
      readonly evpid: string;
      readonly from: string;
      readonly to: string;
      readonly said: string;
    }
  | { readonly kind: 'exited'; readonly reason: string }
  /** A filter's program ended, and smtpd with it. */
  | { readonly kind: 'filter ended'; readonly filter: string }
  /** A line of a filter's program, or another one that smtpd logs with a name in front. */
  | { readonly kind: 'said'; readonly who: string; readonly text: string }
  | { readonly kind: 'logged'; readonly session: string; readonly filter: string; readonly reply: string }
  | { readonly kind: 'started' };

/** An attempt to deliver a message to one recipient. */
export interface Delivery {
  readonly agent: 'mta' | 'mda';
  readonly evpid: string;
  readonly from: string;
  readonly to: string;
  /** Address of the far side without brackets, or the relay's name where none was reached; null for a maildir. */
  readonly relay: string | null;
  /** `3s`, `37m30s`. */
  readonly delay: string;
  readonly result: 'Ok' | 'TempFail' | 'PermFail';
  /** The answer of the far side or of the delivery agent. */
  readonly said: string;
}

// The second form is that of `syslogd -Z`.
const TIME = String.raw`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`;
const HEAD = new RegExp(String.raw`^(?:(${TIME}) \S+ \S*smtpd\[\d+\]: )?(.*)$`, 's');
const SESSION = /^([0-9a-f]{16}) (smtp|mta|mda) (.*)$/s;

/** Lines of other programs, and unknown ones, are ignored. */
export const parseMaillog = (text: string): readonly MailEvent[] =>
  linesOf(text).flatMap(line => {
    const [, time = null, message = ''] = HEAD.exec(line) ?? [];
    const fields = ofSession(message) ?? ofDaemon(message);
    return fields ? [{ time, ...fields }] : [];
  });

function ofSession(message: string): Fields | null {
  const [, session = '', side = '', rest = ''] = SESSION.exec(message) ?? [];
  if (session === '') return null;
  const take = takerOf(rest);
  if (rest.startsWith('delivery ')) return delivery(session, side, rest);
  const connected = side === 'smtp' && take(/^connected address=(\S+) host=(.*)$/);
  if (connected) return { kind: 'connected', session, address: bare(connected[0]), host: connected[1] ?? '' };
  const connecting = take(/^connecting address=[a-z+]+:\/\/(.+):\d+ host=/);
  if (connecting) return { kind: 'connecting', session, address: bare(connecting[0]) };
  const checked = take(/^cert-check result=(?:"([^"]*)"|(\w+))/);
  if (checked) return { kind: 'checked', session, result: checked[0] || checked[1] || '' };
  const accepted = take(/^message msgid=([0-9a-f]{8}) /);
  if (accepted) return { kind: 'accepted', session, msgid: accepted[0] ?? '' };
  const envelope = take(/^envelope evpid=([0-9a-f]{16}) from=<(.*?)> to=<(.*)>$/);
  if (envelope) {
    const [evpid = '', from = '', to = ''] = envelope;
    return { kind: 'envelope', session, evpid, from, to };
  }
  const refused = take(/^failed-command command="(.*)" result="(.*)"$/);
  if (refused) return { kind: 'refused', session, command: (refused[0] ?? '').trim(), result: refused[1] ?? '' };
  const error = take(/^error reason=(.*)$/);
  if (error) return { kind: 'error', session, reason: error[0] ?? '' };
  const gone = take(/^disconnected reason="?(?:io-error: )?(.*?)"?(?: messages=\d+)?$/);
  return gone ? { kind: 'disconnected', session, reason: gone[0] ?? '' } : null;
}

/** Makes the function that takes the groups of an expression from this text. */
const takerOf =
  (text: string) =>
  (form: RegExp): readonly string[] | null =>
    form
      .exec(text)
      ?.slice(1)
      .map(group => group ?? '') ?? null;

function delivery(session: string, agent: string, rest: string): Fields | null {
  const head = /^delivery evpid=([0-9a-f]{16}) from=<(.*?)> to=<(.*?)> rcpt=<.*?> (.*)$/.exec(rest);
  const tail = /\bdelay=(\S+) result="?(Ok|TempFail|PermFail)"? stat="?(.*?)"?$/.exec(head?.[4] ?? '');
  const result = oneOf(['Ok', 'TempFail', 'PermFail'], tail?.[2]);
  if (!head || !tail || !result || (agent !== 'mta' && agent !== 'mda')) return null;
  const [, evpid = '', from = '', to = '', middle = ''] = head;
  const [, delay = '', , said = ''] = tail;
  const relay = /\brelay="(\S+?)(?: \(.*?\))?"/.exec(middle)?.[1];
  return {
    kind: 'delivery',
    session,
    agent,
    evpid,
    from,
    to,
    relay: relay === undefined ? null : bare(relay),
    delay,
    result,
    said,
  };
}

function ofDaemon(message: string): Fields | null {
  const take = takerOf(message);
  if (/^info: OpenSMTPD \S+ starting$/.test(message)) return { kind: 'started' };
  const unresolved = take(/^smtp-out: Failed to resolve MX for \[relay:([^,\]]+)[^\]]*\]: (.*)$/);
  if (unresolved) return { kind: 'unresolved', relay: unresolved[0] ?? '', reason: unresolved[1] ?? '' };
  const bounce = take(/^warn: (\w+) injecting failure report on message ([0-9a-f]{8}) to <.*?> for .*?: /);
  if (bounce) return { kind: 'bounce lost', msgid: bounce[1] ?? '', isPermanent: bounce[0] === 'PermFail' };
  const expired = take(/^(?:relay|delivery): Expire for ([0-9a-f]{16}): from=<(.*?)>, to=<(.*?)>, .*\bstat=(.*)$/);
  if (expired) {
    const [evpid = '', from = '', to = '', said = ''] = expired;
    return { kind: 'expired', evpid, from, to, said };
  }
  const exited = take(/^(?:dispatcher: )?smtpd: (bind: .*)$/) ?? take(/^(warn: lost child: .*)$/);
  return exited ? { kind: 'exited', reason: exited[0] ?? '' } : ofFilter(message);
}

function ofFilter(message: string): Fields | null {
  const [, filter] = /^warn: lost processor: (\S+) /.exec(message) ?? [];
  if (filter !== undefined) return { kind: 'filter ended', filter };
  const [, session, name = '', reply = ''] = /^mailtun_log: ([0-9a-f]{16}) (\S+) (.*)$/.exec(message) ?? [];
  if (session !== undefined) return { kind: 'logged', session, filter: name, reply };
  const [, who, text = ''] = /^([A-Za-z][A-Za-z0-9_-]*): (.+)$/.exec(message) ?? [];
  return who === undefined || OWN_WORDS.includes(who) ? null : { kind: 'said', who, text };
}

// Processes of smtpd, and how its own lines begin.
const OWN_WORDS = (
  'smtpd control crypto dispatcher lookup parent queue scheduler ' +
  'info warn debug trace smtp-in smtp-out relay delivery mda mta smtp getnameinfo getaddrinfo'
).split(' ');

/** `[2001:db8::1]` without its brackets. */
const bare = (address = ''): string => address.replaceAll(/[[\]]/g, '');
