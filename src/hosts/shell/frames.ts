/**
 * The text that is sent to a host's long-lived shell. Each section runs in a subshell whose standard input is /dev/null,
 * its text an argument of eval, so that a syntax error or an `exit` ends the subshell and not the shell; `shared` ones
 * have a subshell in common, and one may run beside all others. A marker line follows each section on stdout and on stderr; ssh(1) carries the two
 * separately, so each is cut at its own markers (replies.ts). Pure.
 */
import type { Section } from '../../run/exchange.ts';
import { quote } from '../../run/quoting.ts';

/** Words that nobody on the host can predict. Hexadecimal, 128 bits each, new for each session. */
export interface Nonces {
  /** Begins each marker line. Never in an argument list. */
  readonly marker: string;
  /** Ends the text of a frame. It is among the arguments of sed(1), where anyone may see it: it is of no use to them. */
  readonly end: string;
}

/** As sshd(8) of OpenBSD sets it for root (login.conf), for doas and for a machine's own shell as well. */
const PATH = '/usr/bin:/bin:/usr/sbin:/sbin:/usr/X11R6/bin:/usr/local/bin:/usr/local/sbin';

// An sshd in another routing table hands it on to all that it starts: what this shell runs would look there for the tunnel,
// and add routes there. Whether there is such a table costs no process.
const IN_TABLE_0 = `[ ! -O / ] || for _at in /etc/hostname.* /etc/rc.conf.local; do
[ ! -f "$_at" ] || case $(<"$_at") in *rdomain*|*sshd_rtable*) exec /sbin/route -T 0 exec /bin/sh;; esac
done`;

/**
 * What is sent once, before the first frame: the environment of every section (without core files, which would contain
 * secrets), and the marker `start UID`. A shell that does not run as root, the owner of /, exits here before it has run
 * anything.
 */
export const prologue = (nonces: Nonces): string => `${IN_TABLE_0}
unset ENV HISTFILE
PATH=${PATH} LC_ALL=C; export PATH LC_ALL
umask 077; ulimit -S -c 0; cd /
_mark() { echo "
${nonces.marker} $1" && echo "
${nonces.marker} $1" >&2 || exit 1; }
_uid=0; [ -O / ] || _uid=$(id -u); _mark "start $_uid"; [ "$_uid" = 0 ] || exit 0
`;

/** ksh(1) reads this much byte by byte in about a millisecond. */
const SHORT_BYTES = 2000;

/**
 * One exchange as text. `prelude` is run in the shell itself before the first section: functions for all that follow.
 *
 * ksh(1) reads a script from a pipe byte by byte, with a system call for each (100 KB: 50 ms and more). So sed reads the
 * frame for it, in blocks and up to the end line; the empty line after that is for a sed that reads one byte ahead. A
 * short frame is read in less time than sed takes to start, which matters between the two ends of a rotation. The sh of
 * other systems reads in blocks itself, and takes the same lines without sed, which would find nothing left. Hence
 * nothing may be sent after a frame before it is answered.
 */
export function frame(number: number, sections: readonly Section[], nonces: Nonces, prelude = ''): string {
  const text = [prelude, '_failed=0', ...bodyOf(number, sections)].join('\n');
  if (Buffer.byteLength(text) <= SHORT_BYTES) return `${text}\n`;
  return [
    `if [ -n "\${KSH_VERSION:-}\${SH_VERSION:-}" ]; then eval "$(sed '/^#${nonces.end}$/q')"; fi`,
    text,
    `#${nonces.end}`,
    '',
    '',
  ].join('\n');
}

function bodyOf(number: number, sections: readonly Section[]): readonly string[] {
  const last = sections.at(-1);
  if (last?.isEarly) return besides(number, last, sections.slice(0, -1));
  return rowsOf(sections).flatMap(row => inOneProcess(number, row) ?? row.map(one => alone(number, one)));
}

/** What the first of them prints waits in a pipe, or it waits itself, until the others are answered. */
const besides = (number: number, { script }: Section, others: readonly Section[]): readonly string[] => [
  `( eval ${quote(script)} ) </dev/null | {`,
  ...bodyOf(number, others),
  `cat; _mark "${number} ${others.length} 0"`,
  '}',
];

interface Placed {
  readonly section: Section;
  readonly index: number;
}

function alone(number: number, { section, index }: Placed): string {
  // Without the exit OpenBSD's ksh ends the subshell inside eval and runs no EXIT trap.
  const run = `( eval ${quote(section.script)}; exit $? ) </dev/null`;
  return section.kind === 'ask'
    ? `${run}; _mark "${number} ${index} $?"`
    : `if [ "$_failed" = 0 ]; then ${run}; _failed=$?; _mark "${number} ${index} $_failed"; ` +
        `else _mark '${number} ${index} -'; fi`;
}

/** Consecutive sections that share a process form a row; every other section is a row of its own. */
function rowsOf(sections: readonly Section[]): readonly (readonly Placed[])[] {
  const rows: Placed[][] = [];
  for (const [index, section] of sections.entries()) {
    const last = rows.at(-1);
    if (section.shared && last?.[0]?.section.shared) last.push({ section, index });
    else rows.push([{ section, index }]);
  }
  return rows;
}

/** One subshell for a row of `shared` sections, each script in it once; null for any other row. */
function inOneProcess(number: number, row: readonly Placed[]): readonly string[] | null {
  const asked = row.flatMap(({ section: { shared }, index }) => (shared ? [{ ...shared, index }] : []));
  if (asked.length < row.length) return null;
  const texts = [...new Set(asked.map(one => one.script))];
  return [
    '( _ask() { local _script=$1; shift; eval "$_script"; }',
    ...texts.map((text, at) => `_script${at}=${quote(text)}`),
    ...asked.map(
      ({ script, args, index }) =>
        `_ask ${[`"$_script${texts.indexOf(script)}"`, ...args.map(quote)].join(' ')}; _mark "${number} ${index} $?"`,
    ),
    ') </dev/null',
  ];
}
