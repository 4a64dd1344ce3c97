/** The targets of an undo: what is asked there, and what has to work afterwards. */
import { WG_INTERFACES } from '../facts/interfaces.ts';
import { KEPT_ACTIONS } from '../facts/kept-actions.ts';
import { KEPT_REFUSED } from '../facts/kept-refused.ts';
import { MAIL_NAME } from '../facts/mail-name.ts';
import type { Fleet, Host } from '../hosts/fleet.ts';
import { OWN_TUNNELS } from '../resources/former-tunnels.ts';
import type { KeptRun } from '../run/kept.ts';
import type { Observed } from '../run/resource.ts';
import type { UndoTarget } from '../run/undo.ts';
import { isTunnelHost } from '../tasks/neighbours.ts';
import { tunnelCall, tunnelVerification } from '../tasks/tunnel-verification.ts';
import { neighbourLeft, refusedByUndo } from '../tasks/undo-agreement.ts';
import { strandedByUndo } from '../tasks/undo-queue.ts';
import { refusedBySmtpd, refusedWithoutName } from '../tasks/undo-refused.ts';
import { askedTarget, type Connections } from './connections.ts';

/** The target for a host: its former tunnel has to work again, and no mail may be stranded or refused permanently. */
export const undoTarget = (host: Host, fleet: Fleet, connections: Connections): UndoTarget => ({
  refusal: (run, observed, all) =>
    refusedBySmtpd(host.name, run, observed) ??
    refusedWithoutName(host.name, run, observed) ??
    strandedByUndo(host.name, run, observed) ??
    neighbourLeft(host, fleet, all) ??
    refusedByUndo(host, fleet, all),
  target: chosen => ({
    ...askedTarget(host, connections, [
      KEPT_ACTIONS,
      KEPT_REFUSED,
      MAIL_NAME,
      ...(isTunnelHost(host) ? [WG_INTERFACES, OWN_TUNNELS] : []),
    ]),
    ...(isTunnelHost(host)
      ? {
          verification: (_, now, callers) => tunnelVerification(host, fleet)(asKept(chosen()), now, callers),
          call: tunnelCall(host, fleet),
        }
      : {}),
  }),
});

/** The interfaces that a run has kept, in the form of answers. */
const asKept = (run: KeptRun | null): Observed => ({
  file: path => {
    throw new Error(`nobody asked about ${path}`);
  },
  get: ({ name, parse }) => {
    const kept = run?.saved ?? new Map<string, string>();
    const texts = new Map([
      [WG_INTERFACES.name, [...kept.values()].join('')],
      [OWN_TUNNELS.name, [...kept.keys()].join('\n')],
    ]);
    return parse({ exit: 0, stdout: Buffer.from(texts.get(name) ?? ''), stderr: Buffer.alloc(0) });
  },
});

/** Whether a path is a key that mailtun made, which `--all` does not remove without `--keys`. */
export const isKey = (path: string): boolean =>
  /^\/root\/KEY_|^\/etc\/(ssl\/private|mail\/mailtun\.dkim)\/.*\.key$/.test(path);
