/** What ping(8) and ping6(8) print (recordings). */

export interface PingResult {
  readonly sent: number;
  readonly received: number;
  /** The complaint of the host's own network stack, where it could not even send. */
  readonly complaint: string | null;
}

/** Both streams in one text. Null where there are no statistics: nothing is known then. */
export function parsePing(text: string): PingResult | null {
  const counts = [...text.matchAll(/^(\d+) packets transmitted, (\d+) packets received/gm)];
  if (counts.length === 0) return null;
  const complaint = /^ping6?: send(?:msg|to): (.+)$/m.exec(text)?.[1]?.trim() ?? null;
  const sum = (index: 1 | 2): number => counts.reduce((total, match) => total + Number(match[index]), 0);
  return { sent: sum(1), received: sum(2), complaint };
}
