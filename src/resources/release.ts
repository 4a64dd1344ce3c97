import { RELEASE } from '../facts/release.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/** The host runs an OpenBSD that mailtun knows. */
export const release = (host: string): Resource => ({
  id: 'release',
  questions: [RELEASE],
  judge(observed) {
    const { said, version } = observed.get(RELEASE);
    if (version === null)
      throw new Failure(`runs "${said}"`, host, 'mailtun sets up OpenBSD 7.0 and later, nothing else');
    if (Number(version) < 7) throw new Failure(`runs ${said}`, host, 'upgrade it: sysupgrade(8)');
    return null;
  },
});
