import { command } from '../run/command.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/** Name of the question whose answer is `OpenBSD 7.6`. */
export const RELEASE = 'uname -sr';

/** The host runs an OpenBSD that mailtun knows. */
export const release = (host: string): Resource => ({
  id: 'release',
  questions: [{ kind: 'run', name: RELEASE, command: command('exec uname -sr') }],
  judge(observed) {
    const said = observed.run(RELEASE).stdout.toString('utf8').trim();
    const version = /^OpenBSD (\d+)\.(\d+)/.exec(said);
    if (!version) throw new Failure(`runs "${said}"`, host, 'mailtun sets up OpenBSD 7.0 and later, nothing else');
    if (Number(version[1]) < 7) throw new Failure(`runs ${said}`, host, 'upgrade it: sysupgrade(8)');
    return null;
  },
});
