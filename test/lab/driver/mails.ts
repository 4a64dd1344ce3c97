import { execa } from 'execa';
import { eventually } from './mailtun.ts';
import type { Lab } from './on-host.ts';

/** For sh(1) on a host: smtpd tries all that waits, unless it is paused, when its scheduler may hang. */
export const SEND_ON =
  'smtpctl show routes | sed -n "s/^\\([0-9]*\\)\\. .*/\\1/p" | while read r; do smtpctl resume route $r; done; smtpctl show status | grep -q paused || smtpctl schedule all';

/** Mails in a lab, each known by its subject. */
export interface Mails {
  /** From a sender on the internet. Resolves to the last reply and who gave it, whatever it was. */
  send(to: string, subject: string, ...words: readonly string[]): Promise<string>;
  /** Waits until jay has it. @throws Error after `seconds`. */
  arrives(host: string, subject: string, seconds?: number): Promise<void>;
  /** From a user of a host. */
  submit(host: string, from: string, to: string, subject: string): Promise<string>;
  /** Waits until the internet has it. @throws Error after `seconds`. */
  leaves(subject: string, seconds?: number): Promise<void>;
  /** What reached the internet, oldest first. */
  outbox(): Promise<readonly string[]>;
}

/** Waits until three more mails of those that are sent meanwhile have arrived each way. @throws Error after `seconds`. */
export async function mailFlows(lab: Lab, seconds = 60): Promise<void> {
  const places = [
    ['mimando', '/home/jay/maildir/in/new'],
    ['internet', '/var/outbox'],
  ] as const;
  await Promise.all(
    places.map(async ([host, folder]) => {
      const count = `ls ${folder} 2>/dev/null | wc -l`;
      const before = Number(await lab.must(host, count));
      await eventually(lab, host, `[ $(${count}) -ge ${before + 3} ]`, seconds);
    }),
  );
}

export function mailsIn(lab: Lab, name: string): Mails {
  const script = (...words: readonly string[]) =>
    execa('scripts/lab', words, { env: { LAB: name }, input: 'hello\n', reject: false });
  return {
    async send(to, subject, ...more) {
      const words = ['send', '--from', 'alice@internet.example', '--to', to, '--subject', subject, ...more];
      return (await script(...words)).stdout;
    },
    arrives: (host, subject, seconds) =>
      eventually(lab, host, `grep -Rq 'Subject: ${subject}' /home/jay/maildir/in/new`, seconds),
    submit: (host, from, to, subject) =>
      lab.must(host, `sendmail -f ${from} ${to}`, `From: ${from}\nTo: ${to}\nSubject: ${subject}\n\nhello\n`),
    leaves: (subject, seconds) => eventually(lab, 'internet', `grep -q 'Subject: ${subject}' /var/outbox/*`, seconds),
    outbox: async () => (await script('outbox')).stdout.split(/^== /m).slice(1),
  };
}
