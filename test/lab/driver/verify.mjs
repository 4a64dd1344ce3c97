// What a receiver makes of the mails that `scripts/lab outbox` prints on standard input: a line of JSON for each, with its
// subject and `RESULT SELECTOR ALGORITHM DOMAIN` for each signature. mailauth judges, with the lab's DNS ($LAB).
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const { dkimVerify } = createRequire(import.meta.url)('mailauth/lib/dkim/verify');

// As the relay's host(1) prints a TXT record: each character-string in quotes.
async function ask(name) {
  const words = ['exec', 'namorar', '--', 'host', '-t', 'txt', name];
  const { stdout } = await promisify(execFile)('scripts/lab', words).catch(({ stdout }) => ({ stdout }));
  const records = [...stdout.matchAll(/ descriptive text (.*)$/gm)].map(([, strings]) => [
    [...strings.matchAll(/"([^"]*)"/g)].map(([, string]) => string).join(''),
  ]);
  if (records.length === 0) throw Object.assign(new Error(stdout), { code: 'ENOTFOUND' });
  return records;
}

const asked = new Map();
const resolver = name => {
  if (!asked.has(name)) asked.set(name, ask(name));
  return asked.get(name);
};

for (const mail of (await text(process.stdin)).split(/^== .*\n/m).slice(1)) {
  // The first lines are the sink's own, the last newline that of `outbox`.
  const message = mail
    .replace(/^(?:X-Lab-.*\n)+/, '')
    .replace(/\n$/, '')
    .replaceAll('\n', '\r\n');
  const { results } = await dkimVerify(message, { resolver });
  const signatures = results
    .filter(({ selector }) => selector !== undefined)
    .map(({ status, selector, algo, signingDomain }) => `${status.result} ${selector} ${algo} ${signingDomain}`);
  console.log(JSON.stringify({ subject: /^Subject: (.*?)\r$/m.exec(message)?.[1] ?? '', signatures }));
}
