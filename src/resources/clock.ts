import { clockWithout, SET_CLOCK } from '../facts/clock.ts';
import { Failure } from '../run/failure.ts';
import type { Resource } from '../run/resource.ts';
import { DAY } from './certificate.ts';

/** The clock of a host that has to make certificates: openssl(1) dates them by it. */
export const clock = (host: string, certificates: readonly string[]): Resource => ({
  id: 'clock',
  questions: [clockWithout(certificates)],
  judge(observed, { now }) {
    const says = observed.get(clockWithout(certificates))?.now;
    if (says === undefined || Math.abs(says * 1000 - now) <= DAY) return null;
    throw new Failure(
      'clock-wrong',
      `its clock says ${new Date(says * 1000).toUTCString()}: a certificate that it makes now would have wrong dates`,
      host,
      `on ${host}: ${SET_CLOCK}, then run again; if the clock of this machine is wrong instead, set that`,
    );
  },
});
