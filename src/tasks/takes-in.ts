/** What the listeners of an smtpd.conf(5) accept from the neighbours. Pure. */
import type { Listener, SmtpdConf } from '../facts/smtpd-conf.ts';
import type { Host } from '../hosts/fleet.ts';
import type { Hops, Side, Takes } from './hops.ts';

const TAKES: Readonly<Record<Listener['tls'], Takes>> = {
  none: 'plain',
  offered: 'either',
  required: 'tls',
  smtps: 'tls',
};

/** Listeners for the neighbours, without those for the internet and for the host itself. */
export function takesIn({ listeners }: SmtpdConf, host: Host, as: Host['role']): Hops['takes'] {
  const takes: Partial<Record<Side, Takes>> = {};
  const public_ = host.role === 'relay' ? host.mx.map(mx => mx.address) : [];
  for (const listener of listeners) {
    if (/^(socket|lo\d*|127\..*|::1|localhost)$/.test(listener.on) || public_.includes(listener.on)) continue;
    if (!['25', 'smtp'].includes(listener.port ?? '25')) continue;
    takes[sideOf(host, as, listener)] ??= TAKES[listener.tls];
  }
  return takes;
}

function sideOf(host: Host, as: Host['role'], { on, raw }: Listener): Side {
  if (as !== 'gateway') return as === 'workstation' ? 'lan' : 'tunnel';
  return (host.role !== 'relay' && on === host.lan?.address) || / mask-src\b/.test(raw) ? 'lan' : 'tunnel';
}
