/** What rc.conf(8) and rc.conf.local(8) start at the next boot. */
import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';
import { IS_RUNNING, READ_RC_CONF } from './service-state.ts';

/** Of pf(4) and cron(8). */
interface BootSettings {
  /** Without it rc(8) neither enables pf nor loads pf.conf(5). */
  readonly startsPf: boolean;
  readonly startsCron: boolean;
  readonly isCronRunning: boolean;
}

// One process: is_running of a daemon that rc.d(8) has started is a pgrep(1).
const SETTINGS = `${IS_RUNNING}${READ_RC_CONF}
settings() {
  local line settings IFS=$_line
  typeset -l key
  read_rc_conf
  set -f
  set -- $settings
  set +f
  for line; do
    key=$line
    case $key in pf*|cron_*) print -r -- "$line";; esac
  done
}
settings
is_running cron || echo 'not running'
return 0
`;

/** The settings for the next boot, and whether cron runs now. */
export const BOOT_SETTINGS: Fact<BootSettings> = fact('what is started at boot', builtins(SETTINGS), text => {
  const lines = text.split('\n');
  const has = rcConf(lines);
  return {
    startsPf: has.get('pf') !== 'NO',
    startsCron: has.get('cron_flags') !== 'NO',
    isCronRunning: !lines.includes('not running'),
  };
});

/** Keys and values as rc.subr(8) reads them (_rc_parse_conf): the last line counts, quotes around a value are removed. */
export const rcConf = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.flatMap(line => {
      const [, key, rest] = /^[ \t]*([^#=\s][^=]*?)[ \t]*=(.*)$/s.exec(line) ?? [];
      if (key === undefined || rest === undefined) return [];
      const value = rest.replace(/#.*$/s, '').replace(/^[ \t]+|[ \t]+$/g, '');
      return [[key.toLowerCase(), /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value] as const];
    }),
  );
