/** What a receiver makes of the mail that reached the lab's internet: mailauth's judgement, with the lab's DNS. */
import { createRequire } from 'node:module';
import { execa } from 'execa';
import { parseHost } from '../../src/facts/lookup.ts';
import type { Lab } from './on-host.ts';

interface Verified {
  readonly subject: string;
  /** `pass s1 rsa-sha256 example.com` for each signature; empty for a mail that has none. */
  readonly signatures: readonly string[];
}

interface Result {
  readonly signingDomain: string;
  readonly selector: string;
  readonly algo: string;
  readonly status: { readonly result: string };
}

type Verify = (
  mail: string,
  options: { readonly resolver: (name: string, type: string) => Promise<readonly (readonly string[])[]> },
) => Promise<{ readonly results: readonly Result[] }>;

// It has no types of its own.
const { dkimVerify }: { dkimVerify: Verify } = createRequire(import.meta.url)('mailauth/lib/dkim/verify');

/** Every mail in the outbox of a lab, in the order in which they came. */
export async function verified(name: string, lab: Lab): Promise<readonly Verified[]> {
  const { stdout } = await execa('scripts/lab', ['outbox'], { env: { LAB: name }, maxBuffer: 100_000_000 });
  const mails = stdout.split(/^== .*\n/m).slice(1);
  const asked = new Map<string, Promise<readonly (readonly string[])[]>>();
  const ask = async (query: string): Promise<readonly (readonly string[])[]> => {
    const answer = parseHost((await lab.on('namorar', `host -t txt ${query}`)).stdout);
    if (answer.kind !== 'records') throw Object.assign(new Error(answer.text), { code: 'ENOTFOUND' });
    return answer.values.map(value => [value]);
  };
  const resolver = (query: string) => {
    const known = asked.get(query) ?? ask(query);
    asked.set(query, known);
    return known;
  };
  return Promise.all(
    mails.map(async mail => {
      // The first lines are the sink's own, the last newline that of `outbox`.
      const text = mail
        .replace(/^(?:X-Lab-.*\n)+/, '')
        .replace(/\n$/, '')
        .replaceAll('\n', '\r\n');
      const { results } = await dkimVerify(text, { resolver });
      return {
        subject: /^Subject: (.*?)\r$/m.exec(text)?.[1] ?? '',
        signatures: results
          .filter(({ selector }) => selector !== undefined)
          .map(({ status, selector, algo, signingDomain }) => `${status.result} ${selector} ${algo} ${signingDomain}`),
      };
    }),
  );
}
