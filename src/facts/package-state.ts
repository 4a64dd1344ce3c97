import { command } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/**
 * `patiently COMMAND…` runs it, and prints an empty line every 15 s: a session without output for a minute is given up, and
 * with a slow mirror, or one that does not resolve, pkg_add(1) may be silent for longer.
 */
export const PATIENTLY = `
exec 3>&1
patiently() {
  local beats status
  while sleep 15 >/dev/null 2>&1 3>&-; do print -u3; done & beats=$!
  "$@"
  status=$?
  kill $beats
  return $status
}
`;

// The mirror, which takes seconds, is asked only if the package is missing; so a run is refused before it changes anything.
const STATE = `${PATIENTLY}
program=$1; shift
[ -x "$program" ] && { echo there; exit 0; }
for spec; do
  patiently timeout 120 pkg_add -n "$spec" </dev/null && { print -r -- "spec $spec"; exit 0; }
done 2>&1
exit 1
`;

/** Whether a package is there, or how pkg_add(1) would get it. */
interface PackageState {
  readonly isThere: boolean;
  /** The first of the specs (packages-specs(7)) that the mirror has; null where it has none. */
  readonly spec: string | null;
  /** The last line that pkg_add printed. */
  readonly said: string;
}

/** @param program one of the package; @param specs in order of preference. */
export const packageState = (name: string, program: string, specs: readonly string[]): Fact<PackageState> =>
  fact(`package ${name}`, command(STATE, program, ...specs), text => {
    const lines = text.trim().split('\n');
    const spec = lines.findLast(line => line.startsWith('spec '))?.slice('spec '.length);
    return {
      isThere: lines.includes('there'),
      spec: specs.find(one => one === spec) ?? null,
      said: lines.at(-1) ?? '',
    };
  });
