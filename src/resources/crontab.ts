import { OWN_LINES, ROOT_CRONTAB, TAB } from '../facts/crontab.ts';
import { command } from '../run/command.ts';
import { COPY_USED, goneForGood, lost } from '../run/lost.ts';
import { change, type Resource, reason, type Step } from '../run/resource.ts';
import { keeping } from './file.ts';

// The first complete block is replaced in place, others are removed; a marker without its partner is removed alone. All
// other lines are the user's.
const INSTALL = `${OWN_LINES}
begin=$1 end=$2; shift 2
new=$(mktemp /tmp/mailtun.XXXXXXXXXX) && block=$(mktemp /tmp/mailtun.XXXXXXXXXX) || exit 1
trap 'rm -f "$new" "$block"' EXIT
[ $# -eq 0 ] || for line in "$begin" "$@" "$end"; do print -r -- "$line"; done >"$block"
own_lines | awk -v begin="$begin" -v end="$end" -v block="$block" '
  function put(  text) { if (!done) while ((getline text <block) > 0) print text; done = 1 }
  function partner(i) { for (i++; i <= NR && line[i] != begin; i++) if (line[i] == end) return i; return 0 }
  { line[NR] = $0 }
  END {
    for (i = 1; i <= NR; i++) {
      if (line[i] == begin && partner(i)) { put(); i = partner(i) }
      else if (line[i] != begin && line[i] != end) print line[i]
    }
    put()
  }' >"$new" && keep ${TAB} && crontab "$new"
`;

/** Bytes of a command that cron(8) reads; it ignores the rest silently (get_string() of its misc.c). */
export const LONGEST_COMMAND = 999;

const UNWANTED = reason('unwanted', 'no longer needed');
const MISSING = reason('block-missing', 'missing');
const DIFFERS = reason('block-differs', 'differs');

/**
 * Lines in root's crontab between markers of their own; the user's lines stay as they are.
 * @param subject distinguishes the blocks: `tunnel watch`.
 * @param lines of crontab(5); none: no block.
 * @param begins is run at once after they are installed, without waiting for cron.
 */
export function crontab(subject: string, lines: readonly string[], begins?: Step): Resource {
  const [begin, end] = [`# mailtun ${subject}: begin`, `# mailtun ${subject}: end`];
  const id = `crontab: ${subject}`;
  return {
    id,
    questions: [ROOT_CRONTAB],
    judge(observed) {
      const { lines: tab, isLost, isKept } = observed.get(ROOT_CRONTAB);
      const isGone = isLost && lines.length > 0;
      if (isGone && !isKept)
        throw goneForGood(
          "root's crontab",
          TAB,
          'restore it from a backup (see /var/backups) with crontab(1), or remove it with crontab -r',
        );
      const now = blockIn(tab, begin, end);
      const block = inEnvironment(lines, now === null ? tab : tab.slice(0, tab.indexOf(begin)));
      if (!isGone && (now === null ? block.length === 0 : now.join('\n') === block.join('\n'))) return null;
      const differs = lines.length === 0 ? UNWANTED : now === null ? MISSING : DIFFERS;
      const why = isGone ? lost(COPY_USED) : differs;
      const install = {
        label: `edits root's crontab: ${subject}`,
        stage: keeping(TAB),
        command: command(INSTALL, begin, end, ...block),
      };
      const text = (of: readonly string[] | null) => (of ?? []).map(line => `${line}\n`).join('');
      return change(id, why, begins ? [install, begins] : [install], {
        diff: { path: TAB, before: text(now), after: text(block) },
      });
    },
    wants: () => {
      const content = `${[begin, ...lines, end].join('\n')}\n`;
      return lines.length === 0 ? [] : [{ path: TAB, content, mode: '0600', owner: 'root', group: 'crontab' }];
    },
  };
}

const OWN = { SHELL: '/bin/sh', PATH: '/bin:/sbin:/usr/bin:/usr/sbin' } as const;

/**
 * An assignment applies to all lines after it (crontab(5)). If the user has set another shell, or a PATH without base's
 * programs, the block sets those of a stock crontab and restores the user's at its end.
 */
function inEnvironment(lines: readonly string[], above: readonly string[]): readonly string[] {
  if (lines.length === 0) return lines;
  const theirs = (['SHELL', 'PATH'] as const).flatMap(name => {
    const form = new RegExp(`^[ \\t]*["']?${name}["']?[ \\t]*=[ \\t]*(.*?)[ \\t]*$`);
    const line = above.findLast(one => form.test(one));
    const value = form.exec(line ?? '')?.[1]?.replace(/^(["'])(.*)\1$/, '$2');
    return line === undefined || value === undefined || suits[name](value) ? [] : [{ name, line }];
  });
  return [...theirs.map(({ name }) => `${name}=${OWN[name]}`), ...lines, ...theirs.map(({ line }) => line)];
}

const suits = {
  SHELL: (value: string): boolean => ['/bin/sh', '/bin/ksh'].includes(value),
  PATH: (value: string): boolean => ['/bin', '/usr/bin', '/usr/sbin'].every(one => value.split(':').includes(one)),
};

/** The lines between the markers; null where they are not both there, or there more than once. */
function blockIn(lines: readonly string[], begin: string, end: string): readonly string[] | null {
  const from = lines.indexOf(begin);
  const to = lines.indexOf(end);
  const single = from === lines.lastIndexOf(begin) && to === lines.lastIndexOf(end);
  return from >= 0 && to > from && single ? lines.slice(from + 1, to) : null;
}
