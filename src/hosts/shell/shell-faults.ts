/** Why there is no root shell although the login succeeded: messages of the host, each with a remedy. */
import type { FailureCode } from '../../codes/failures.ts';
import { Failure } from '../../run/failure.ts';
import { oneLine } from './one-line.ts';

/** What is known of a shell that did not answer. */
interface Refusal {
  /** All output before the shell's first marker. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** How it ended: `it ended with exit status 1`. */
  readonly ending: string;
  readonly become: 'doas' | null;
}

interface Fault {
  readonly pattern: RegExp;
  readonly code: FailureCode;
  readonly what: string;
  readonly remedy: string;
}

/** The message of ksh(1) when fork(2) has failed for half a minute, after which it exits. */
export const NO_PROCESS: Fault = {
  pattern: /(?:cannot|can't) fork - try again/,
  code: 'no-process',
  what: 'the host cannot start another process',
  remedy:
    'find out what runs there too often (ps -axo user,command | sort | uniq -c | sort -n), end it, and run the same command again; the limit is kern.maxproc',
};

/** Messages of doas(1) (it has said Authorization before), nologin(8) and sh(1). */
const KNOWN: readonly Fault[] = [
  NO_PROCESS,
  {
    pattern: /doas: doas is not enabled/,
    code: 'not-root',
    what: 'doas is not enabled on the host',
    remedy: 'as root on the host, put "permit nopass USER as root" (USER: the login of ssh) into /etc/doas.conf',
  },
  {
    pattern: /doas: (a tty is required|Auth(entication|orization) (required|failed))/,
    code: 'not-root',
    what: 'doas asks for a password',
    remedy: 'add "nopass" to the rule in /etc/doas.conf of that host: permit nopass USER as root',
  },
  {
    pattern: /doas: Operation not permitted/,
    code: 'not-root',
    what: 'doas does not let this login become root',
    remedy:
      'add "permit nopass USER as root" as the last rule of /etc/doas.conf there; a rule with "cmd" has to name /bin/sh',
  },
  {
    pattern: /doas: not found|doas: No such file|doas: command not found/i,
    code: 'not-root',
    what: 'there is no doas on the host',
    remedy: 'log in as root instead (ssh: { user: root }), or install /etc/doas.conf on an OpenBSD host',
  },
  {
    pattern: /doas: (.+ at line \d+|.*doas\.conf.*(not owned|writable))/,
    code: 'not-root',
    what: 'doas rejects its configuration',
    remedy:
      'on the host: doas -C /etc/doas.conf; each line, the last one too, has to end with a newline, and the file must belong to root and be writable by nobody else',
  },
  {
    pattern: /account is currently not available/i,
    code: 'shell-refused',
    what: 'the login has no shell',
    remedy: 'use another user under ssh:, or set a login shell on the host: chsh -s /bin/ksh USER',
  },
  {
    pattern: /allows? sftp connections only/i,
    code: 'shell-refused',
    what: 'sshd on the host allows this user sftp only',
    remedy: 'remove the ForceCommand of that user from /etc/ssh/sshd_config on the host',
  },
];

/** The Failure for a shell that never answered. */
export function refusedShell(host: string, refusal: Refusal): Failure {
  const said = oneLine(
    Buffer.concat([refusal.stderr.subarray(-2000), Buffer.from('\n'), refusal.stdout.subarray(-2000)]),
  );
  const word = said ?? refusal.ending;
  const known = KNOWN.find(fault => fault.pattern.test(word));
  if (known) return new Failure(known.code, `${known.what} (${word})`, host, known.remedy);
  const command = refusal.become ? 'doas -n /bin/sh' : '/bin/sh';
  return new Failure(
    'shell-refused',
    `${command} did not start: ${refusal.ending}${said ? `: "${said}"` : ', without a message'}`,
    host,
    'log in by hand with the same ssh settings; the login shell must accept: exec /bin/sh',
  );
}

/** The Failure for a shell that answers, but does not run as root. Nothing was run. */
export const notRoot = (host: string, uid: string, become: 'doas' | null): Failure =>
  new Failure(
    'not-root',
    `the shell on the host does not run as root (id -u prints "${oneLine(uid) ?? ''}")`,
    host,
    become
      ? 'the rule in /etc/doas.conf must be for root: permit nopass USER as root'
      : 'log in as root, or write "become: doas" under ssh: and allow it in /etc/doas.conf: permit nopass USER as root',
  );
