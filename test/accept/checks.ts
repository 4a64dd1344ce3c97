/** Checks with titles: each is well, has failed, or could not be made where the suite ran. */

/** What a check throws where these hosts do not have what it needs: it is named, and nothing has failed. */
export class NotHere extends Error {}

export interface Counts {
  passed: number;
  failed: number;
  readonly notDone: string[];
}

export const counts: Counts = { passed: 0, failed: 0, notDone: [] };

/** One check: well unless it throws. */
export async function check(title: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
    counts.passed += 1;
    console.log(`ok: ${title}`);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof NotHere) {
      counts.notDone.push(`${title}: ${message}`);
      console.log(`not done: ${title}: ${message}`);
      return;
    }
    counts.failed += 1;
    console.log(`FAILED: ${title}\n  ${String(message).replaceAll('\n', '\n  ')}`);
  }
}

/** @throws Error where the two differ as JSON; what a command printed goes with it. */
export function expectSame(
  what: string,
  got: unknown,
  wanted: unknown,
  ran?: { readonly stdout: string; readonly stderr: string },
): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a}, wanted ${b}${ran ? `\n${ran.stdout}${ran.stderr}` : ''}`);
}
