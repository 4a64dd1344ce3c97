/** Sequences drawn by a seed, and the least of a sequence that still goes wrong. */
import { type Draft, type Draw, drawing, oneOf } from '../../lab/scenarios/edits.ts';
import { after } from '../../lab/scenarios/edits-drawn.ts';
import { type Found, played, type Step } from './sequences.ts';
import { START } from './start.ts';
import { MACHINES } from './world.ts';

/**
 * What smtpd.conf and hosts(5) depend on, and is modelled. A list of its own: a seed stays the same sequence when the lab gets
 * other edits.
 */
const EDITS = [
  'order of hosts',
  'order of domains',
  'name of a host',
  'name in the tunnel',
  'name in the LAN',
  'recipients',
  'domains',
  'user',
  'retiring',
  'it retires',
  'address in the LAN: gateway',
  'address in the LAN: workstation',
  'address in the LAN: spare',
  'address in the LAN at once: gateway',
  'address in the LAN at once: workstation',
  'former addresses go',
  'family in the LAN',
  'outbound: name',
];

/** What has been hardest, drawn more often. */
const MOVES = [
  'a relay joins',
  'a gateway joins',
  'a workstation joins',
  ...['it becomes a relay', 'it becomes a gateway', 'it becomes a workstation', 'mail.tls'].flatMap(one => [one, one]),
  'host of a recipient',
  'gateway of the workstation',
  'gateway of the workstation and its mail',
  'gateway of a domain',
  'another gateway',
];

const LENGTH = 8;
const ROLES = ['relay', 'gateway', 'workstation'] as const;
const ENDS = ['whole', 'names only', 'not restarted'] as const;

/** In the last step everything settles. */
export function sequence(seed: number): readonly Step[] {
  const draw = drawing(seed);
  let draft = START;
  const steps = Array.from({ length: LENGTH }, (): Step => {
    const step = drawnStep(draft, draw);
    draft = after(draft, step.edits, drawing(step.seed));
    return step;
  });
  return [...steps, { edits: [], seed: 1, isSettled: true }];
}

function drawnStep(draft: Draft, draw: Draw): Step {
  const chance = (percent: number): boolean => draw(100) < percent;
  const isChange = (edit: string): boolean => JSON.stringify(after(draft, [edit], () => 0)) !== JSON.stringify(draft);
  const edits = [
    ...(chance(70) ? [oneOf(draw, EDITS.filter(isChange))] : []),
    oneOf(draw, MOVES.filter(isChange)),
    // May only apply after the others.
    ...(chance(40) ? [oneOf(draw, MOVES)] : []),
  ];
  const only = chance(25) ? ROLES.filter(() => chance(50)) : [];
  return {
    edits,
    seed: draw(1 << 20),
    ...(only.length > 0 ? { only } : {}),
    ...(chance(30) ? { away: oneOf(draw, MACHINES) } : {}),
    ...(chance(35) ? { killedIn: 1 + draw(8), end: oneOf(draw, ENDS) } : {}),
    ...(chance(12) ? { isSettled: true } : {}),
  };
}

/** Something is lost, a run is refused for ever, or it does not settle for another reason; null: all is well. */
export function kindOf({ lost, faults: [fault] }: Found): string | null {
  if (lost.length > 0) return 'lost';
  return fault === undefined ? null : (/refused: (?:circle|two runs)/.exec(fault)?.[0] ?? 'fault');
}

/** Fewer steps, edits and disturbances, as long as it goes wrong in the same way. */
export function shortened(steps: readonly Step[]): readonly Step[] {
  const kind = kindOf(played(steps));
  const isSame = (some: readonly Step[]): boolean => kindOf(played(some)) === kind;
  let now = steps;
  for (let at = 0; at < now.length; ) {
    const next = shorter(now, at).find(isSame);
    if (next) now = next;
    else at += 1;
  }
  return now === steps ? steps : shortened(now);
}

/** Without the step in that place, or with a simpler one. */
function shorter(steps: readonly Step[], at: number): readonly (readonly Step[])[] {
  const step = steps[at];
  if (!step) return [];
  const others = simpler(step, at === steps.length - 1);
  return [steps.toSpliced(at, 1), ...others.map(one => steps.with(at, one))];
}

/** Without one disturbance or edit. */
function simpler(step: Step, isLast: boolean): readonly Step[] {
  const without = (...keys: readonly (keyof Step)[]): Step => {
    const kept = Object.entries(step).filter(([key]) => !keys.some(one => one === key));
    return { edits: step.edits, seed: step.seed, ...Object.fromEntries(kept) };
  };
  return [
    ...(step.away ? [without('away')] : []),
    ...(step.only ? [without('only')] : []),
    ...(step.killedIn ? [without('killedIn', 'end')] : []),
    ...(step.isSettled && !isLast ? [without('isSettled')] : []),
    ...step.edits.map((_, at) => ({ ...step, edits: step.edits.toSpliced(at, 1) })),
  ];
}
