/** What an SMTP probe heard: the connection, TLS, and the answers to its commands. */
import { linesOf } from '../facts/lines.ts';
import { parseTlsSession, type TlsSession } from '../facts/s-client.ts';

export interface Talk {
  readonly tls: TlsSession;
  /** In order; `reply` is the last line of an answer, null where none came. */
  readonly replies: readonly { readonly command: string; readonly reply: string | null }[];
  /** Nothing was tried, for the tunnel there has been silent since boot and a packet would wake it. */
  readonly silent: boolean;
}

/** Null where the probe said nothing that can be understood. */
export function parseTalk(text: string | null): Talk | null {
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
  return understood ? { tls: { ...tls, connected }, replies, silent } : null;
}
