/** The output of an SMTP probe: the connection, TLS, and the answers to its commands. */
import { linesOf } from './lines.ts';
import type { Probe, ProbeOf } from './probe.ts';
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
export function parseSmtpSession(text: string): SmtpSession | null {
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

/** A session with the server of this name and address. */
export const smtpSession = (to: { readonly address: string; readonly name: string }): ProbeOf<SmtpSession> => ({
  key: `smtp ${to.address} ${to.name}`,
  read: parseSmtpSession,
});

/** The first line that a server says to a client outside, and why there is none where it is null. */
export const outside = (address: string): Probe<{ readonly banner: string | null; readonly why: string }> => ({
  key: `outside ${address}`,
  words: ['outside', address],
  read: text => {
    const session = parseSmtpSession(text);
    return { banner: session?.banner ?? null, why: session?.tls.complaint ?? 'no answer' };
  },
});
