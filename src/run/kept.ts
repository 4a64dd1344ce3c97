/** What runs of mailtun have replaced on a host, and how it is restored. */

import { command } from './command.ts';
import { deadMan } from './dead-man.ts';
import { type Section, sectionOf } from './exchange.ts';
import { type Fact, fact } from './fact.ts';
import { lockingFlags } from './file-flags.ts';
import { HELD_FILE as HELD, STATE_DIRECTORY as STATE, STOPPED_FILE as STOPPED } from './prelude.ts';
import type { Step } from './resource.ts';
import { type Rollback, savedIn } from './rollback.ts';

const ask = (rollback: Rollback): string => `
cd ${STATE} 2>/dev/null || exit 0
for at in original undo/?*; do
  [ -s $at/list ] && [ ! -e $at/undone ] || continue
  print -r -- "at $at"
  sed 's/^/kept /' $at/list
  (set -f; stat -f 'flags %f %N' $(sed -nE 's/^(replaced|created) //p' $at/list)) 2>/dev/null
  for saved in ${savedIn('$at', rollback)}; do [ ! -s "$saved" ] || sed "s/^/saved \${saved##*.} /" "$saved"; done
done
exit 0
`;

/** Asks for everything that is kept. */
export const keptFor = (rollback: Rollback): Fact<readonly KeptRun[]> =>
  fact('what is kept for undo', command(ask(rollback)), keptRuns);

/** A file that was replaced or created, or the former state of something that runs. */
export interface Kept {
  /** `replaced` and `created` are files; else the name of a KeptKind. */
  readonly how: string;
  /** A path, or the name of what runs. */
  readonly name: string;
  /** Of what runs: `running`, `absent` …; empty for files. */
  readonly state: string;
}

/** What one run has kept. */
export interface KeptRun {
  /** The run's name; `original` is the state before the first of all runs. */
  readonly name: string;
  readonly kept: readonly Kept[];
  /** What was saved besides, by name. */
  readonly saved: ReadonlyMap<string, string>;
  /** Flags of chflags(1) that keep its files from being restored, by path. */
  readonly locked?: ReadonlyMap<string, readonly string[]>;
}

/** The runs that have not been undone, oldest first, after the original state. */
export function keptRuns(text: string): readonly KeptRun[] {
  // A list that has grown over a power cut has NUL bytes where lines were lost.
  return text
    .replaceAll('\0', '')
    .split(/^at /m)
    .slice(1)
    .map(part => {
      const [at = '', ...lines] = part.split('\n');
      const saved = new Map<string, string>();
      for (const line of lines) {
        const [, name, rest] = /^saved (\S+) (.*)$/.exec(line) ?? [];
        if (name !== undefined) saved.set(name, `${saved.get(name) ?? ''}${rest}\n`);
      }
      return { name: at.replace('undo/', ''), kept: lines.flatMap(keptLine), saved, locked: lockedIn(lines) };
    });
}

const lockedIn = (lines: readonly string[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    lines.flatMap(line => {
      const [, flags = '', path = ''] = /^flags (\d+) (.*)$/.exec(line) ?? [];
      const names = lockingFlags(flags);
      return names.length === 0 ? [] : [[path, names] as const];
    }),
  );

function keptLine(line: string): readonly Kept[] {
  const [, how, rest = ''] = /^kept (\S+) (.*)$/.exec(line) ?? [];
  if (how === 'replaced' || how === 'created') return [{ how, name: rest, state: '' }];
  const [name = '', state = ''] = rest.split(' ');
  return how === undefined ? [] : [{ how, name, state }];
}

/** Whether restoring it can cut off access. */
export const isRisky = ({ kept }: KeptRun, { kinds }: Rollback): boolean =>
  kept.some(({ how }) => kinds.some(kind => kind.name === how && kind.isRisky));

/** Whether restoring it may end connections between hosts. */
export const mayCut = ({ kept }: KeptRun, { kinds }: Rollback): boolean =>
  kept.some(({ how }) => kinds.some(kind => kind.name === how && kind.cutsConnections));

// Files are restored and checked; only then are daemons and the kernel changed.
const UNDO = `
from=$1 leave=$2 holds= restored=; shift 2
refuse() { put_back "$from/taken"; complain "$1; the files are as they were before"; exit 1; }
end() { start_again; [ -z "$holds" ] || release; }
rm -rf "$from/taken" && keep_likewise "$from" "$from/taken" || exit 1
[ ! -d ${STATE}/armed ] || keep_likewise "$from" ${STATE}/armed || exit 1
# A daemon that still runs with the newer files must not act on the older ones.
trap end EXIT
# Whoever speaks into a connection that is gone would end here, with what is stopped by then.
trap '' PIPE
[ -e ${HELD} ] || { holds=yes; hold; }
! rm ${STOPPED} 2>/dev/null || stopped=yes
stop_for "$from" || exit
put_back "$from" || refuse 'not every file could be restored'
while [ $# -gt 0 ]; do
  [ ! -f "$1" ] || ! grep -qF " $1" "$from/list" || grep -qx "$3 stopped" "$from/list" || eval "$2" >/dev/null ||
    refuse "$2 refuses the old $1, kept as $from/files$1"
  shift 3
done
restored=yes; run_as_kept "$from"
`;

const pathOf = (run: KeptRun): string => (run.name === 'original' ? `${STATE}/original` : `${STATE}/undo/${run.name}`);

// After a minute it starts again with the files that are there: the run has ended without a word.
const START_LATE = `
stopped= restored=
start_late() {
  print -r -- "$MAILTUN_RUN" >${STOPPED} || complain '${STOPPED}: could not be written; is the disk full?' || return
  set -m
  (
    trap - EXIT
    trap '' HUP
    exec </dev/null >/dev/null 2>&1
    left=60
    while { read -r run <${STOPPED}; } && [ "$run" = "$MAILTUN_RUN" ]; do
      [ $left -gt 0 ] || { rm ${STOPPED} && start_again; exit; }
      sleep 1
      left=$((left - 1))
    done
  ) &
  set +m
}
`;

const STOP = `${START_LATE}
from=$1 leave=$2 keeps=
end() { [ -n "$keeps" ] || { rm -f ${STOPPED}; start_again; }; }
trap end EXIT
trap '' PIPE
[ ! -e ${STOPPED} ] || { stopped=yes; start_late || exit; }
stop_for "$from" start_late || exit
# Its minute is over: nothing would start it if the run ended now.
[ -z "$stopped" ] || [ -e ${STOPPED} ] || complain 'it took too long; run the same command again' || exit
keeps=yes
`;

const START_AGAIN = `
restored=
! rm ${STOPPED} 2>/dev/null || { stopped=yes; start_again; }
`;

/** Stops what must not go on until every host is restored. It starts again by itself a minute after a run that died. */
export const stopSection = (run: KeptRun, leave: readonly string[], rollback: Rollback): Section =>
  sectionOf(
    'step',
    'stops until all hosts are ready',
    command(`${deadMan(rollback).functions}\n${rollback.stopping}\n${STOP}`, pathOf(run), leave.join('\n')),
  );

/** Starts it again where it is not restored after all. */
export const startSection = (rollback: Rollback): Section =>
  sectionOf('step', 'starts again', command(`${deadMan(rollback).functions}\n${rollback.stopping}\n${START_AGAIN}`));

/** Restores what a run has replaced. @param leave paths that are not restored. */
export const putBackStep = (run: KeptRun, leave: readonly string[], rollback: Rollback): Step => ({
  label: 'restores the earlier state',
  command: command(
    `${deadMan(rollback).functions}\n${rollback.stopping}\n${UNDO}`,
    pathOf(run),
    leave.join('\n'),
    ...Object.entries(rollback.checks).flatMap(([path, { command, reader }]) => [path, command, reader]),
  ),
});

const FINISH = `
if [ "$1" != ${STATE}/original ]; then : >"$1/undone"; exit; fi
rm -rf ${STATE}/undo ${STATE}/original/taken
if [ -z "$2" ]; then rm -rf ${STATE}; exit; fi
while read -r how name; do
  case "$_line$2$_line" in *"$_line$name$_line"*) print -r -- "$how $name";; esac
done <$1/list >$1/list.new && mv -f $1/list.new $1/list
`;

/** Completes an undo: the next one undoes the run before. */
export const finishStep = (run: KeptRun, leave: readonly string[]): Step => ({
  label: 'completes the undo',
  command: command(FINISH, pathOf(run), leave.join('\n')),
});

// Files that only root may read are not shown.
const SHOW = `
case $(stat -f %OLp "$1" 2>/dev/null) in *[4567]) cat "$1";; esac
exit 0
`;

/** The text of a file now, and as it was kept; empty where there is none or not everybody may read it. */
export const textSections = (run: KeptRun, path: string): readonly Section[] =>
  [path, `${pathOf(run)}/files${path}`].map(file => sectionOf('ask', `reads ${path}`, command(SHOW, file)));
