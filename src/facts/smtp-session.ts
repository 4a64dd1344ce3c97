/** The output of an SMTP probe: the connection, TLS, and the answers to its commands. */
import { linesOf } from './lines.ts';
import { parseTlsSession, type TlsSession } from './s-client.ts';

/** An SMTP session, as a probe had it. */
export interface SmtpSession {
  readonly tls: TlsSession;
  /** The server's first line; null where none came. */
  readonly banner: string | null;
  /** In order; `reply` is the last line of an answer, null where none came. */
  readonly replies: readonly { readonly command: string; readonly reply: string | null }[];
  /** The address that the server sees, from its answer to EHLO; null where it does not say. */
  readonly source: string | null;
  /** Nothing was tried: the tunnel has been silent since boot, and a packet would wake it. */
  readonly silent: boolean;
}

/** smtpd's answer to EHLO (smtp_proceed_ehlo in smtp_session.c). */
const GREETING = /^- 250-\S+ Hello \S+ \[([0-9a-fA-F.:]+)\], pleased to meet you$/m;

/** Null where the probe printed nothing that can be parsed. */
export function parseSmtpSession(text: string | null): SmtpSession | null {
  if (text === null) return null;
  const lines = linesOf(text);
  const silent = lines[0] === 'silent';
  const replies: { command: string; reply: string | null }[] = [];
  for (const line of lines) {
    const last = replies.at(-1);
    if (line.startsWith('> ')) replies.push({ command: line.slice(2), reply: null });
    else if (line.startsWith('< ') && last) last.reply ??= line.slice(2);
  }
  const tls = parseTlsSession(text);
  const connected = tls.connected || lines.some(line => line.startsWith('< ')) || / succeeded!$/m.test(text);
  const understood = silent || connected || tls.complaint !== null || replies.length > 0;
  const source = GREETING.exec(text)?.[1]?.toLowerCase() ?? null;
  const banner = /^< (220[ -].*)$/m.exec(text)?.[1] ?? null;
  return understood ? { tls: { ...tls, connected }, banner, replies, source, silent } : null;
}
