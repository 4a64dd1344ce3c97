import { execa } from 'execa';
import { type Doubled, doubledMails, isNotedTwice, logsOf } from './doubled.ts';
import { SEND_ON } from './mails.ts';
import type { Lab } from './on-host.ts';

// Exit status 1 of send: refused for good, which the sender hears of.
const SENDER = `i=0
while [ ! -e /tmp/stop ]; do
  i=$((i + 1))
  /usr/local/lab/send sender@internet.example "$1" "$2 in $i." </dev/null >/tmp/answer 2>&1
  case $(tail -n 1 /tmp/answer) in *250*) echo "$2 in $i.";; esac
  sleep 0.2
done`;

// As whom: the file says it where there is one, and that nobody sends where it is empty.
const USER = `i=0
while [ ! -e /tmp/stop ]; do
  from=$2
  [ ! -e /tmp/from ] || from=$(cat /tmp/from)
  [ -n "$from" ] || { sleep 0.3; continue; }
  i=$((i + 1))
  printf 'Subject: %s out %s.\\n\\nhello\\n' "$1" $i | sendmail -f "$from" bob@internet.example && echo "$1 out $i."
  sleep 0.3
done`;

export interface Counts {
  /** Those that the MX has accepted, and the workstation's own smtpd. */
  readonly sent: number;
  /** In a mailbox, or at the internet's mail server. */
  readonly delivered: number;
  /** Sent and not delivered in time; of a run of edits, nor in a queue. */
  readonly lost: number;
  /** Delivered more than once. */
  readonly doubled: number;
  /**
   * Starts of smtpd meanwhile, by the mail logs. One that is ended between the next hop's answer and its own note of it
   * hands that mail over again, as SMTP wants it (RFC 1047): so many may be doubled, and no more.
   */
  readonly starts: number;
  /** Of the doubled those that a host has handed over again although its log says that it knew better. */
  readonly knowingly: readonly Doubled[];
  /** Of the doubled those at which smtpd itself ended in between, and not the connection alone. */
  readonly ended: readonly Doubled[];
}

export interface UnderMail {
  /** The recipient of the sender outside. */
  readonly to: string;
  /** As whom a user of mimando sends; null: nobody does. */
  readonly from?: string | null;
  readonly seconds?: number;
  /** Whose queues are sent on, and where jay may have got the mail. */
  readonly hosts?: readonly string[];
  readonly mailboxes?: readonly string[];
  /** In which of his maildirs, below his home. */
  readonly maildirs?: readonly string[];
}

let turn = 0;

/**
 * Numbered mails both ways, from a sender outside and from a user of mimando, until `work` is done; then all have to be
 * there.
 */
export async function underMail(
  name: string,
  lab: Lab,
  {
    to,
    from = 'test@example.com',
    seconds = 60,
    hosts = ['namorar', 'carinho', 'mimando'],
    mailboxes = ['mimando'],
    maildirs = ['maildir/in'],
  }: UnderMail,
  work: () => Promise<void>,
): Promise<Counts> {
  turn += 1;
  const mark = `turn ${turn}`;
  const folders = maildirs.map(maildir => `/home/jay/${maildir}/new`).join(' ');
  const startsBefore = await startsOf(lab, hosts);
  const begun = [['internet', SENDER, to], ...(from === null ? [] : [['mimando', USER, from] as const])] as const;
  for (const [host] of begun) await lab.must(host, 'rm -f /tmp/stop');
  const senders = begun.map(([host, script, address]) =>
    execa(
      'scripts/lab',
      ['exec', host, '--', '/bin/sh', '-c', script, '-', ...(host === 'mimando' ? [mark, address] : [address, mark])],
      {
        env: { LAB: name },
        reject: false,
      },
    ),
  );
  try {
    await work();
  } finally {
    for (const [host] of begun) await lab.must(host, 'touch /tmp/stop');
  }
  const taken = (await Promise.all(senders)).flatMap(({ stdout }) => stdout.split('\n').filter(line => line !== ''));
  const arrived = (): Promise<string[]> =>
    Promise.all([
      ...mailboxes.map(host => lab.on(host, `grep -Rhs '^Subject: ${mark} in' ${folders}`)),
      lab.on('internet', `grep -hs '^Subject: ${mark} out' /var/outbox/*`),
    ]).then(all =>
      all.flatMap(one => one.stdout.split('\n').flatMap(line => line.replace('Subject: ', '').trim() || [])),
    );
  const until = Date.now() + seconds * 1000;
  let missing: readonly string[] = taken;
  while (missing.length > 0 && Date.now() < until) {
    for (const host of hosts) await lab.on(host, SEND_ON);
    await new Promise(resolve => setTimeout(resolve, 1000));
    const there = new Set(await arrived());
    missing = taken.filter(subject => !there.has(subject));
  }
  if (missing.length > 0) console.error(`missing ${missing.join(' ')}\n${await refusalsIn(lab, hosts)}`);
  const all = await arrived();
  const starts = (await startsOf(lab, hosts)) - startsBefore;
  const places = [...mailboxes.map(host => [host, folders] as const), ['internet', '/var/outbox'] as const];
  const doubled = await doubledMails(lab, `${mark} `, places, hosts);
  for (const one of doubled) console.error('doubled', JSON.stringify(one), await logsOf(one, lab, hosts));
  return {
    knowingly: doubled.filter(isNotedTwice),
    ended: doubled.filter(one => !one.isCut),
    sent: taken.length,
    delivered: taken.length - missing.length,
    lost: missing.length,
    doubled: all.length - new Set(all).size,
    starts,
  };
}

/** What the hosts' mail logs say of mail that was refused for good, by host, the last lines; and what still waits there. */
const refusalsIn = async (lab: Lab, hosts: readonly string[]): Promise<string> =>
  (
    await Promise.all(
      hosts.map(async host => {
        const { stdout } = await lab.on(
          host,
          `grep -h -e 'result="*PermFail' -e ' 5[0-9][0-9] ' /var/log/maillog | tail -n 60; smtpctl show queue | tail -n 5; smtpctl show routes`,
        );
        return `${host}:\n${stdout}`;
      }),
    )
  ).join('\n');

async function startsOf(lab: Lab, hosts: readonly string[]): Promise<number> {
  const all = await Promise.all(
    hosts.map(host => lab.on(host, "grep -c 'info: OpenSMTPD .* starting' /var/log/maillog")),
  );
  return all.reduce((sum, { stdout }) => sum + Number(stdout), 0);
}
