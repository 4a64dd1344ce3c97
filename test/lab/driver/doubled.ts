/**
 * Mails that were delivered twice: where, and whether SMTP wants it so. Whoever ends between the next hop's answer and its
 * own note of it hands that mail over again (RFC 1047): the logs then have one note for two deliveries.
 */
import type { Lab } from './on-host.ts';

export interface Doubled {
  readonly subject: string;
  /** Where the copies part: the queue ids that the mail got there; the same ids for one that was delivered twice there. */
  readonly ids: readonly string[];
  /** How many of these the hop before, or the delivery, has noted as done. */
  readonly noted: number;
  /** Whether a change of the tunnel had cut the connection of one copy: that came through when the other was there. */
  readonly isCut: boolean;
}

/** Whether the hop before has handed it over twice although it knew better. */
export const isNotedTwice = ({ noted }: Doubled): boolean => noted > 1;

// One line for each mail: its subject, and the ids in its Received lines, the last hop's first.
const CHAINS = `
pattern=$1; shift
grep -Rhls "^Subject: $pattern" "$@" | while read -r file; do
  awk -v wanted="$pattern" '/^$/ { exit } /^Subject: / { subject = substr($0, 10) } { for (i = 1; i < NF; i++) if ($i == "id" && length($(i+1)) == 8) ids = ids " " $(i+1) }
    END { if (index(subject, wanted) == 1) print subject "|" ids }' "$file"
done`;

/** @param places hosts and folders where the mail arrives. */
export async function doubledMails(
  lab: Lab,
  pattern: string,
  places: readonly (readonly [string, string])[],
  hosts: readonly string[],
): Promise<readonly Doubled[]> {
  const found = await Promise.all(
    places.map(([host, folder]) => lab.on(host, `set -- '${pattern}' ${folder}\n${CHAINS}`)),
  );
  const chains = new Map<string, string[][]>();
  for (const line of found.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))) {
    const [subject = '', ids = ''] = line.split('|');
    chains.set(subject, [...(chains.get(subject) ?? []), ids.trim().split(' ').toReversed()]);
  }
  const twice = [...chains].filter(([, copies]) => copies.length > 1);
  if (twice.length === 0) return [];
  const logged = async (pattern: string): Promise<readonly string[]> => {
    const grep = `grep -hE '${pattern}' /var/log/maillog /var/log/maillog.0 2>/dev/null`;
    const logs = await Promise.all(hosts.map(host => lab.on(host, grep)));
    return logs.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
  };
  const notes = await logged('(mda|mta) delivery .*result="?Ok');
  const sessions = await logged('smtp (connected|message msgid=)');
  /** Of the session and of the end of the mail, in the log of the host that took it. */
  const timesOf = (id: string): readonly [number, number] => {
    const end = sessions.findIndex(line => line.includes(`msgid=${id} `));
    const [, session = 'none'] = / ([0-9a-f]{16}) smtp /.exec(sessions[end] ?? '') ?? [];
    return [sessions.findIndex(line => line.includes(`${session} smtp connected`)), end];
  };
  // A session that was there before takes its copy after the other one: until then nothing had come through.
  const isOvertaken = (ids: readonly string[]): boolean => {
    const times = ids.map(timesOf).filter(([begin]) => begin >= 0);
    return times.some(([begin, end]) => times.some(other => begin < other[0] && end > other[1]));
  };
  return twice.map(([subject, copies]) => {
    const at = partingOf(copies);
    const ids = copies.map(copy => copy[at] ?? copy.at(-1) ?? '');
    const noted =
      new Set(ids).size === 1
        ? notes.filter(line => line.includes(`evpid=${ids[0]}`)).length
        : ids.filter(id => notes.some(line => line.includes(`250 2.0.0 ${id} `))).length;
    return { subject, ids, noted, isCut: isOvertaken(ids) };
  });
}

/** The first hop, from the sender on, at which copies have different ids. */
function partingOf([first = [], ...others]: readonly (readonly string[])[]): number {
  const at = first.findIndex((id, index) => others.some(other => other[index] !== id));
  return at < 0 ? first.length : at;
}

/** What each host logged about the copies of a mail, and just before and after. */
export async function logsOf({ ids }: Doubled, lab: Lab, hosts: readonly string[]): Promise<string> {
  const grep = `grep -hE -B 6 -A 6 '${[...new Set(ids)].join('|')}' /var/log/maillog.0 /var/log/maillog 2>/dev/null`;
  const logs = await Promise.all(hosts.map(async host => `${host}:\n${(await lab.on(host, grep)).stdout}`));
  return logs.join('\n');
}
