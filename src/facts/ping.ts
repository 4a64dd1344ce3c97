/** What ping(8) and ping6(8) print (recordings). */

export interface PingResult {
  readonly received: number;
}

/** Both streams in one text. Null where there are no statistics: nothing is known then. */
export function parsePing(text: string): PingResult | null {
  const counts = [...text.matchAll(/^\d+ packets transmitted, (\d+) packets received/gm)];
  return counts.length === 0 ? null : { received: counts.reduce((total, match) => total + Number(match[1]), 0) };
}
