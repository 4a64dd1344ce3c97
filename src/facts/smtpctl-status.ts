/** What `smtpctl show status` prints (smtpctl(8), recordings). */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';

/** What `smtpctl show status` says. */
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

/** Null where smtpd did not answer. */
export const SMTPD_STATUS = fact(
  'smtpctl show status',
  command('exec timeout 10 smtpctl show status'),
  parseSmtpdStatus,
);
