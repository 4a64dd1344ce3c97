/** What `smtpctl show routes` prints (smtpctl(8), recordings). */
import { command } from '../run/command.ts';
import { fact } from '../run/fact.ts';
import { linesOf } from './lines.ts';

/** A route as `smtpctl show routes` prints it. */
export interface MailRoute {
  /** For `smtpctl resume route ID`. */
  readonly id: number;
  /** Of the far side, without brackets. */
  readonly address: string;
  /** After a failed connection: nothing is tried on it until the time is over. */
  readonly disabled: boolean;
  /** Until it is enabled again; null where none runs. */
  readonly timeoutSeconds: number | null;
}

const LINE =
  /^(\d+)\. \[?[^\]]*\]? <-> \[?([0-9a-fA-F:.]+)\]? \(.*\) [N-]([D-])[Q-][K-] nconn=\d+ nerror=\d+ penalty=\d+ timeout=(\S+)$/;

/** Lines that are not routes are ignored. */
export const parseRoutes = (text: string): readonly MailRoute[] =>
  linesOf(text).flatMap(line => {
    const [, id, address = '', disabled, timeout = ''] = LINE.exec(line) ?? [];
    if (id === undefined) return [];
    return { id: Number(id), address, disabled: disabled === 'D', timeoutSeconds: parseDuration(timeout) };
  });

const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** `1h2m3s` as smtpd writes it, in seconds; null for `-` and everything else. */
export function parseDuration(text: string): number | null {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!match || text === '') return null;
  const [, d = 0, h = 0, m = 0, s = 0] = match;
  return Number(d) * SECONDS.d + Number(h) * SECONDS.h + Number(m) * SECONDS.m + Number(s) * SECONDS.s;
}

/** The routes that smtpd uses now or has used recently. */
export const ROUTES = fact('smtpctl show routes', command('exec timeout 10 smtpctl show routes'), parseRoutes);
