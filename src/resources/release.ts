import { RELEASE } from '../facts/release.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';

/** The host runs a supported release of OpenBSD. */
export const release = (host: string): Resource => ({
  id: 'release',
  questions: [RELEASE],
  judge(observed) {
    const { said, version } = observed.get(RELEASE);
    if (version === null)
      throw new Failure('release-unsupported', `runs "${said}"`, host, 'mailtun needs OpenBSD 7.0 or later');
    if (Number(version) < 7)
      throw new Failure('release-unsupported', `runs ${said}`, host, 'upgrade it: sysupgrade(8)');
    return null;
  },
});
