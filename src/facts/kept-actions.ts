import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import { parseSpool, READ_SPOOL, SPOOL, type Spool } from './smtpd-queue.ts';

// With an empty queue no program is run.
const ASK = `
for first in ${SPOOL}/*/*/????????????????; do break; done
[ -e "$first" ] && cd ${STATE_DIRECTORY} 2>/dev/null || exit 0
for at in original undo/?*; do
  conf=$at/files/etc/mail/smtpd.conf
  [ ! -f "$conf" ] || { print -r -- "conf $at"; sed 's/^/| /' "$conf"; }
done
${READ_SPOOL}`;

/** Queued mail, and the smtpd.conf(5) of each kept run; none where nothing is queued. */
interface KeptActions {
  readonly spool: Spool;
  /** Text by the name of the run; `original` is the state before all of them. */
  readonly confs: ReadonlyMap<string, string>;
}

/** Which actions queued mail waits for, and every smtpd.conf that is kept. */
export const KEPT_ACTIONS: Fact<KeptActions> = fact(
  'queued mail and the smtpd.conf that is kept',
  command(ASK),
  text => ({
    spool: parseSpool(text),
    confs: new Map(
      text
        .split(/^conf /m)
        .slice(1)
        .map(part => {
          const [at = '', ...lines] = part.split('\n');
          const end = lines.findIndex(line => !line.startsWith('| '));
          const conf = lines.slice(0, end < 0 ? lines.length : end).map(line => line.slice(2));
          return [at.replace('undo/', ''), conf.join('\n')] as const;
        }),
    ),
  }),
);
