import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

// Prints the result of an attempt of this run; nothing for an earlier one.
const ATTEMPT = `
[ -f "$1" ] || exit 0
read -r run status <"$1"
[ "$run" = "$MAILTUN_RUN" ] || exit 0
print -r -- "status $status"
tail -n +2 "$1"
`;

/** What acme-client(1) did in this run. */
export interface AcmeAttempt {
  readonly exit: number;
  readonly said: readonly string[];
}

/** Null where it has not been tried in this run. @param record where the attempt is noted. */
export const acmeAttempt = (name: string, record: string): Fact<AcmeAttempt | null> =>
  fact(`the attempt for ${name}`, command(ATTEMPT, record), text => {
    const [status = '', ...said] = text.trim().split('\n');
    return status === '' ? null : { exit: Number(status.replace('status ', '')), said };
  });
