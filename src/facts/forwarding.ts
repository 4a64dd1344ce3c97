import { builtins } from '../run/command.ts';
import { type Fact, fact } from '../run/fact.ts';

/** The file of sysctl.conf(5). */
export const SYSCTL_CONF = '/etc/sysctl.conf';
/** By address family. */
export const FORWARDING = { 4: 'net.inet.ip.forwarding', 6: 'net.inet6.ip6.forwarding' } as const;

// Without the file there is no block of mailtun's.
const STATE = `
[ -f ${SYSCTL_CONF} ] || [ $# -gt 0 ] || return 0
sysctl ${Object.values(FORWARDING).join(' ')}
`;
/** The kernel's variables for forwarding. @param wanted those that should be 1. */
export const forwardingState = (wanted: readonly string[]): Fact<ReadonlyMap<string, string>> =>
  fact('what is forwarded', builtins(STATE, ...wanted), settingsIn);

/**
 * The lines that every release reads: rc(8) of some has read of ksh(1) read them, which passes over a last line without its
 * newline, and that of others sysctl -f, which passes over a line that begins with a blank.
 * @param file the whole file, of which `lines` are the end.
 */
export function surelyRead(lines: string, file: string): string {
  const open = file.slice(file.lastIndexOf('\n') + 1);
  const ended = open !== '' && lines.endsWith(`${open}\n`) ? lines.slice(0, -open.length - 1) : lines;
  return ended
    .split('\n')
    .filter(line => /^[a-z0-9.]+=\w+(?:[ \t#].*)?$/s.test(line))
    .join('\n');
}

/** The last value counts, as sysctl(8) is run for each line. */
export const settingsIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap(line => {
      const [, variable, value] = /^\s*([a-z0-9.]+)\s*=\s*(\S+)/.exec(line) ?? [];
      return variable === undefined || value === undefined ? [] : [[variable, value] as const];
    }),
  );
