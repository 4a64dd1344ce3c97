/** smtpd(8) of a host whose smtpd.conf(5) waits for another host: it may listen on an address that the host no longer has. */
import { isIP } from 'node:net';
import { ADDRESSES } from '../facts/interfaces.ts';
import { parseSmtpdConf } from '../facts/smtpd-conf.ts';
import { type Observed, type Resource, textOf } from '../run/resource.ts';
import { CONF } from './in-force.ts';

/** The service, left alone while smtpd would exit at its start (bind(2) fails; smtpd.c). */
export const keptRunning = (service: Resource): Resource => ({
  ...service,
  questions: [...service.questions, { kind: 'file', path: CONF, want: 'content' }, ADDRESSES],
  judge: (observed, world) => (goneFrom(observed).length > 0 ? null : service.judge(observed, world)),
  notes: observed =>
    goneFrom(observed).map(
      address =>
        `smtpd is not started again: its smtpd.conf, which waits for another host, listens on ${address}, which no interface has`,
    ),
});

/** What smtpd.conf listens on: addresses, and interfaces and names. */
export const listensOn = (observed: Observed): readonly string[] =>
  parseSmtpdConf(textOf(observed, CONF)).listeners.map(({ on }) => on);

/** The addresses that smtpd.conf listens on and the host has not. */
function goneFrom(observed: Observed): readonly string[] {
  const here = new Set(['0.0.0.0', '::', ...observed.get(ADDRESSES).map(one => one.address)]);
  return [...new Set(listensOn(observed).map(on => on.toLowerCase()))].filter(on => isIP(on) !== 0 && !here.has(on));
}
