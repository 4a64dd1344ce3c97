import { execa } from 'execa';

export interface Verified {
  readonly subject: string;
  /** `pass s1 rsa-sha256 example.com` for each signature; empty for a mail that has none. */
  readonly signatures: readonly string[];
}

/** What a receiver makes of every mail in the outbox of a lab, in the order in which they came: see verify.mjs. */
export async function verified(name: string): Promise<readonly Verified[]> {
  const env = { LAB: name };
  const { stdout: mails } = await execa('scripts/lab', ['outbox'], { env, maxBuffer: 100_000_000 });
  const { stdout } = await execa('node', ['test/lab/driver/verify.mjs'], { env, input: mails });
  return stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Verified]));
}
