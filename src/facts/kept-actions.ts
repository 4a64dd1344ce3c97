import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { parseSpool, READ_SPOOL, type Spool } from './smtpd-queue.ts';

const ASK = `
cd ${STATE_DIRECTORY} 2>/dev/null || exit 0
for at in now original undo/?*; do
  for path in /etc/mail/smtpd.conf /etc/mail/recipients /etc/hosts; do
    file=$at/files$path
    [ $at != now ] || file=$path
    [ ! -f "$file" ] || { print -r -- "file $at $path"; sed 's/^/| /' "$file"; echo; }
  done
done
${READ_SPOOL}`;

/** Queued mail, and what tells how smtpd(8) goes on with it, before and after each kept run. */
interface KeptActions {
  /** All of it is `unknown`. */
  readonly spool: Spool;
  /** Text by path, by the name of the run; `original` is the state before all of them, `now` the present one. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What mail waits for, and every smtpd.conf that is kept, with its recipients and names. */
export const KEPT_ACTIONS: Fact<KeptActions> = fact(
  'queued mail and the smtpd.conf that is kept',
  command(ASK),
  text => ({ spool: parseSpool(text), files: filesIn(text) }),
);

function filesIn(text: string): KeptActions['files'] {
  const files = new Map<string, Map<string, string>>();
  for (const part of text.split(/^file /m).slice(1)) {
    const [head = '', ...lines] = part.split('\n');
    const [at = '', path = ''] = head.replace('undo/', '').split(' ');
    const end = lines.findIndex(line => !line.startsWith('| '));
    const own = lines.slice(0, end < 0 ? lines.length : end).map(line => `${line.slice(2)}\n`);
    files.set(at, (files.get(at) ?? new Map<string, string>()).set(path, own.join('')));
  }
  return files;
}
