/** What smtpd would not start with after an undo: an smtpd.conf from before mailtun, or no host name. Pure. */
import { KEPT_REFUSED } from '../facts/kept-refused.ts';
import { nameless } from '../resources/mail-name.ts';
import { Failure } from '../run/failure.ts';
import type { KeptRun } from '../run/kept.ts';
import { STATE_DIRECTORY } from '../run/prelude.ts';
import type { Observed } from '../run/resource.ts';
import { CONF } from './in-force.ts';

/** Why a run cannot be undone: smtpd ran, with a file that was broken already. Found before any host is restored. */
export function refusedBySmtpd(host: string, { name, kept }: KeptRun, observed: Observed): Failure | null {
  const said = observed.get(KEPT_REFUSED).get(name);
  if (said === undefined || !kept.some(one => one.name === CONF)) return null;
  const copy = `${STATE_DIRECTORY}/${name === 'original' ? name : `undo/${name}`}/files${CONF}`;
  return new Failure(
    'kept-file-refused',
    `smtpd -n refuses the old ${CONF}, kept as ${copy}: ${said}`,
    host,
    `on ${host}: correct the copy until smtpd -n -f ${copy} accepts it, then run the same command again`,
  );
}

/** Why a run cannot be undone: smtpd, which exits without a host name, would be restarted. */
export function refusedWithoutName(host: string, { kept }: KeptRun, observed: Observed): Failure | null {
  const ofService = kept.find(({ how, name }) => how === 'service' && name === 'smtpd');
  // A run that died before the restart has not kept how smtpd ran; where it runs, it is restarted with the earlier file.
  const restarts = ofService ? ofService.state !== 'stopped' : kept.some(one => one.name === CONF);
  return restarts ? nameless(host, observed) : null;
}
