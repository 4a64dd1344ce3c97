/** The steps of a machine that edits, by name or drawn. */
import { type Draft, type DraftHost, type Draw, EDITS, oneOf } from './edits.ts';
import { fitted, SPARE } from './edits-fitting.ts';
import { JOINING } from './edits-joining.ts';
import { PLACES } from './edits-places.ts';
import { SETTINGS } from './edits-settings.ts';

export const HOSTS = ['namorar', 'carinho', 'mimando', SPARE] as const;
const ROLES = ['relay', 'gateway', 'workstation'] as const;
const TASKS = ['smtpd', 'credentials', 'wireguard', 'hosts-file', 'aliases', 'trust', 'packet-filter'];

/** What is edited, in which order, and how the run is disturbed. */
export interface Step {
  /** Names of `ALL`. */
  readonly edits: readonly string[];
  /** Its sshd is off meanwhile. */
  readonly away?: string;
  /** The roles of `--host`. */
  readonly only?: readonly DraftHost['role'][];
  readonly options?: readonly string[];
  /** The run is killed after so many milliseconds. */
  readonly killedAfter?: number;
}

const ALL = { ...EDITS, ...JOINING, ...PLACES, ...SETTINGS };

/** How often, where that is not thrice: what takes long, and what only concerns one host, is rare. */
const WEIGHTS: Readonly<Record<string, number>> = {
  'it goes': 1,
  'address in the LAN at once: gateway': 1,
  'address in the LAN at once: workstation': 1,
  'family in the LAN': 1,
  'family in the tunnel': 1,
  'mx: order': 1,
  'mx: one': 1,
  'mx: name': 1,
  'outbound: addresses': 1,
  endpoint: 1,
  ...Object.fromEntries(Object.keys(SETTINGS).map(name => [name, 1])),
  password: 2,
};
const DRAWN = Object.keys(ALL).flatMap(name => Array.from({ length: WEIGHTS[name] ?? 3 }, () => name));

/** The draft after these edits, each made valid before the next. */
export const after = (draft: Draft, edits: readonly string[], draw: Draw): Draft =>
  edits.reduce((one, edit) => fitted(ALL[edit]?.(one, draw) ?? one), draft);

/** One step, drawn: edits that apply. */
export function drawn(draft: Draft, draw: Draw): Step {
  const applies = (edit: string): boolean => ALL[edit]?.(draft, () => 0) !== null;
  const names = DRAWN.filter(applies);
  const edits = Array.from({ length: 1 + draw(2) }, () => oneOf(draw, names));
  const chance = (percent: number): boolean => draw(100) < percent;
  const roles = ROLES.filter(() => chance(50));
  return {
    edits,
    ...(chance(25) && roles.length > 0 ? { only: roles } : {}),
    ...(chance(30) ? { away: oneOf(draw, HOSTS) } : {}),
    options: [...(chance(15) ? ['--only', oneOf(draw, TASKS)] : [])],
    ...(chance(25) ? { killedAfter: 300 + draw(9000) } : {}),
  };
}
