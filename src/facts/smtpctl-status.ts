/** What `smtpctl show status` prints (facts 4.10, recordings). */
import { linesOf } from './lines.ts';

export interface SmtpdStatus {
  /** Parts that an admin has paused: `MTA`. */
  readonly paused: readonly string[];
}

/** Null where smtpd did not answer. */
export function parseSmtpdStatus(text: string): SmtpdStatus | null {
  const parts = linesOf(text).flatMap(
    line => /^(MDA|MTA|SMTP) (running|paused)$/.exec(line)?.slice(1, 3).join(' ') ?? [],
  );
  if (parts.length === 0) return null;
  return { paused: parts.filter(part => part.endsWith(' paused')).map(part => part.replace(' paused', '')) };
}
