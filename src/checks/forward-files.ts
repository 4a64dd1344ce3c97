/**
 * Whether smtpd(8) accepts a user's home and ~/.forward; if not, it refuses all mail to that user, or ignores the file.
 * Pure.
 */
import type { ForwardFile } from '../facts/forward-files.ts';
import type { Forward } from '../facts/forwards.ts';
import { few } from '../run/few.ts';
import type { HostFacts } from './host-facts.ts';
import { type Problem, problem } from './problem.ts';
import { on } from './remedies.ts';

/** smtpd reads no larger ~/.forward (forward.c). */
const LARGEST_BYTES = 4095;

interface ForwardFault {
  readonly why: string;
  readonly remedy: string;
  /** False: mail is refused or the file is ignored, depending on an errno that was set earlier (smtpd.c). */
  readonly refuses: boolean;
  /** Left out: what stat(1) says. */
  readonly evidence?: string;
}

/** The first thing that smtpd objects to, and what fixes it; null where it accepts home and file. */
export function forwardFault(files: readonly ForwardFile[]): ForwardFault | null {
  const home = files.find(({ path }) => path.endsWith('/.'));
  const file = files.find(({ path }) => path.endsWith('/.forward'));
  const place = home?.path.slice(0, -2) ?? '';
  const refused = (why: string, remedy: string): ForwardFault => ({ why, remedy, refuses: true });
  const insecure = (why: string, remedy: string): ForwardFault => ({ why, remedy, refuses: false });
  // parent_forward_open looks at the home before there is a file, secure_file at the rest.
  if (home && /[tT]$/.test(home.mode)) return refused(`${place} is sticky`, `chmod a-t ${place}`);
  if (!file) return null;
  const { path, mode, login } = file;
  if (mode.startsWith('l'))
    return refused(`${path} is a symbolic link`, `install -o ${login} -m 600 "$(readlink -f ${path})" ${path}`);
  if (!mode.startsWith('-')) return insecure(`${path} is not a plain file`, `mv ${path} ${path}.old`);
  if (file.owner !== file.uid) return insecure(`${path} belongs to uid ${file.owner}`, `chown ${login} ${path}`);
  if (othersWrite(mode)) return insecure(`others may write to ${path}`, `chmod go-w ${path}`);
  if (home && home.owner !== '0' && home.owner !== home.uid)
    return insecure(`${place} belongs to uid ${home.owner}`, `chown ${login} ${place}`);
  if (home && othersWrite(home.mode)) return insecure(`others may write to ${place}`, `chmod go-w ${place}`);
  if (file.bytes > LARGEST_BYTES)
    return refused(`${path} has ${file.bytes} bytes`, `make ${path} smaller than 4096 bytes`);
  return null;
}

const othersWrite = (mode: string): boolean => mode[5] === 'w' || mode[8] === 'w';

/** Takes a login out of a list with commas; smtpd does not mind a comma at its end (expand_line() in expand.c). */
const edit = (login: string): string =>
  `s/(^|,)[[:blank:]]*\\\\?${login.replaceAll('.', '[.]')}[[:blank:]]*(,|#.*|$)/\\1/`;

/** A ~/.forward to users who do not exist. */
export function goneFault(gone: readonly Forward[]): ForwardFault | null {
  const [first] = gone;
  if (!first) return null;
  const names = [...new Set(gone.map(({ address }) => address))];
  return {
    why: `${few(names)} in ${first.path} ${names.length === 1 ? 'has' : 'have'} no account`,
    evidence: `${first.path}: ${few(names)}; id ${first.address}: no such user`,
    remedy: `sed -Ei '${names.map(edit).join(';')}' ${first.path}`,
    refuses: true,
  };
}

/** The users for whom smtpd refuses mail with 424, 524 or 550. */
export const refusedForwards = ({ host, forwardFiles, forwards }: HostFacts): readonly Problem[] =>
  [...new Set(forwardFiles.map(({ login }) => login))].flatMap(login => {
    const theirs = forwardFiles.filter(one => one.login === login);
    const fault = forwardFault(theirs) ?? goneFault(forwards.gone.filter(one => one.login === login));
    if (!fault) return [];
    const does = fault.refuses ? 'refuses mail for' : 'refuses mail for, or ignores the .forward of,';
    const shown = theirs.map(({ mode, owner, path }) => `${mode} ${owner} ${path.replace(/\/\.$/, '')}`).join('; ');
    return problem(host, 'forward-refused', {
      what: `smtpd on ${host.name} ${does} ${login}: ${fault.why}`,
      evidence: fault.evidence ?? `stat: ${shown}`,
      remedy: on(host, fault.remedy),
    });
  });
