/** What `smtpctl show status` prints (facts 4.10, recordings). */

export interface SmtpdStatus {
  /** Parts that an admin has paused: `MTA`. */
  readonly paused: readonly string[];
}

/** Null where smtpd did not answer. */
export function parseSmtpdStatus(text: string): SmtpdStatus | null {
  const parts = [...text.matchAll(/^(MDA|MTA|SMTP) (running|paused)$/gm)];
  if (parts.length === 0) return null;
  return { paused: parts.filter(part => part[2] === 'paused').map(part => part[1] ?? '') };
}
