/** Files of preshared keys are lost, and runs are killed or fail: the next whole run has one key on both ends. */

import { describe, expect, it } from 'vitest';
import { WG_PUBLIC_KEY } from '../../src/resources/wg-key.ts';
import { type PlannedChange, plan, publishedBy, worldOf } from '../../src/run/plan.ts';
import type { Observed } from '../../src/run/resource.ts';
import { assign } from '../../src/run/task.ts';
import { agreements } from '../../src/tasks/desire.ts';
import { standingQuestions } from '../../src/tasks/in-force.ts';
import { isTunnelHost, type TunnelHost } from '../../src/tasks/neighbours.ts';
import { presharedKeyFile } from '../../src/tasks/preshared-key.ts';
import { smtpd } from '../../src/tasks/smtpd.ts';
import { desiredWg, hostnameIf, wireguard } from '../../src/tasks/wireguard.ts';
import { answer, answering, plainFile } from '../answers.ts';
import { fc } from '../properties.ts';
import { articleWith, fleetOf } from './fleets.ts';

const fleet = fleetOf(articleWith('preshared_key: false', 'preshared_key: true'));
const [relay, gateway] = fleet.hosts.filter(isTunnelHost) as [TunnelHost, TunnelHost];
const ENDS = [relay, gateway];
const farFrom = (host: TunnelHost): TunnelHost => (host === relay ? gateway : relay);
const KEYS = new Map(ENDS.map(({ name }) => [name, { [WG_PUBLIC_KEY]: `${name.padEnd(42, '0')}0=` }]));
const keyOf = ({ name }: TunnelHost): string => KEYS.get(name)?.[WG_PUBLIC_KEY] ?? '';
const newKey = (number: number): string => `${String(number).padStart(42, 'k')}0=`;

/** Changes so far: each key is another one. */
let made = 1;

const markOf = (peer: string): string => `/var/run/mailtun.KEY_PRESHARED.${peer}`;

/** What a power cut leaves of a key. */
const NULS = '\0'.repeat(45);

/** What an end has of the key, in the file and in the interface, where nobody sees which one; null: none. */
interface Has {
  readonly file: string | null;
  readonly runs: string | null;
}

/** hostname.if(5) of an end, with the key or without. */
const netstart = (host: TunnelHost, isShared: boolean): string =>
  hostnameIf(desiredWg(host, { ...fleet, tunnel: { ...fleet.tunnel, presharedKey: isShared } }, worldOf(KEYS)));

/** An end of the tunnel, and what it had before a change that is not confirmed yet. */
interface End extends Has {
  /** Whether hostname.if(5) has it set. */
  readonly isSet: boolean;
  /** Whether a run has marked the key in the file as not set in the interface. */
  readonly isMarked: boolean;
  readonly armed: Partial<Has> | null;
}

type Ends = Map<TunnelHost, End>;

/** Both ends with the first key. */
const SOUND: End = { file: newKey(0), runs: newKey(0), isSet: true, isMarked: false, armed: null };
const converged = (): Ends => new Map(ENDS.map(host => [host, SOUND]));
const endOf = (ends: Ends, host: TunnelHost): End => ends.get(host) ?? SOUND;

const readable = (file: string | null): string | null => (file === NULS ? null : file);
const booted = (end: End): End => ({ ...end, runs: end.isSet ? readable(end.file) : null, isMarked: false });

/**
 * Nothing is left of what was lost to be put back; an interface that was changed, and had a key, has what is in the file then.
 */
const putBack = (end: End): End => {
  const { armed } = end;
  if (armed === null) return end;
  const file = armed.file === undefined || armed.file === NULS ? end.file : armed.file;
  const runs = armed.runs === undefined ? end.runs : armed.runs === null ? null : readable(file);
  return { ...end, file, runs, armed: null };
};

function observed(host: TunnelHost, { file, runs, isSet, isMarked }: End): Observed {
  const far = farFrom(host);
  const endpoint = host === gateway ? `\t\twgendpoint ${relay.role === 'relay' ? relay.endpoint : ''} 6900\n` : '';
  const wg = `wg0: flags=80c3<UP> mtu 1420
	wgport 6900
	wgpubkey ${keyOf(host)}
	wgpeer ${keyOf(far)}
${runs === null ? '' : '\t\twgpsk (present)\n'}\t\twgpka 15 (sec)
${endpoint}\t\twgaip ${far.tunnel.address}/128
	inet6 ${host.tunnel.address} prefixlen 64
`;
  const path = presharedKeyFile(far.name);
  return answering(
    [
      ...assign([wireguard, smtpd], host, fleet).flatMap(({ resource }) => resource.questions),
      ...standingQuestions(host, fleet),
    ],
    [
      plainFile('/etc/hostname.wg0', netstart(host, isSet), { mode: '0640' }),
      ...(file === null ? [] : [plainFile(path, file === NULS ? file : `${file}\n`, { mode: '0600' })]),
    ],
    {
      'ifconfig -A': answer(wg),
      'service smtpd': answer('enabled\nrunning\n'),
      'preshared keys': answer(
        [...(file === null ? [] : [path]), ...(isMarked ? [markOf(far.name)] : []), ''].join('\n'),
      ),
    },
  );
}

/** What happens to a run; by default all goes well. */
interface Run {
  /** The host that is left out. */
  readonly without?: TunnelHost | null;
  /** It is killed after so many changes and confirmations. */
  readonly moves?: number;
  /** The verification fails whatever the keys are. */
  readonly fails?: boolean;
}

class Cut extends Error {}

const works = (ends: Ends): boolean => endOf(ends, relay).runs === endOf(ends, gateway).runs;

/** A run of mailtun. Returns what it has changed, host by host; `failed` at the end where it was rolled back. */
function provision(ends: Ends, { without = null, moves = 100, fails = false }: Run = {}): readonly string[] {
  const desire = agreements(fleet, [wireguard]);
  const changed = new Map<TunnelHost, string[]>(ENDS.map(host => [host, []]));
  const chosen = ENDS.filter(host => host !== without);
  let left = moves;
  const put = (host: TunnelHost, end: End): void => {
    if (left === 0) throw new Cut();
    left -= 1;
    ends.set(host, end);
  };
  const judged = (): ReadonlyMap<TunnelHost, readonly PlannedChange[]> => {
    const seen = new Map(ENDS.map(host => [host, observed(host, endOf(ends, host))]));
    const all = new Map(
      [...seen].map(([host, one]) => [host.name, { observed: one, canChange: host !== without }] as const),
    );
    const known = new Map(
      [...seen].map(([host, one]) => {
        const parts = publishedBy(desire(host, true)(all, false).publishes ?? [], one);
        return [host.name, { ...KEYS.get(host.name), ...parts }] as const;
      }),
    );
    return new Map(
      chosen.map(host => {
        const { assigned } = desire(host, true)(all, false);
        return [host, plan(assigned, seen.get(host) as Observed, known, { changed: changed.get(host) ?? [] }).changes];
      }),
    );
  };
  const make = (host: TunnelHost, change: PlannedChange): void => {
    const path = presharedKeyFile(farFrom(host).name);
    const now = endOf(ends, host);
    const isRisky = change.risk === 'lockout';
    const key = host === gateway ? newKey(made) : endOf(ends, gateway).file;
    made += 1;
    const words = change.steps.flatMap(step => step.command.args);
    const armedFor = (had: Partial<Has>) => (isRisky ? { ...had, ...now.armed } : now.armed);
    if (change.resource === path) {
      const isMarked = now.isMarked || words.includes(markOf(farFrom(host).name));
      put(host, { ...now, armed: armedFor({}), isMarked });
      put(host, { ...now, armed: armedFor({ file: now.file }), isMarked, file: key });
    } else if (change.resource === 'interface wg0') {
      const armed = armedFor({ runs: now.runs });
      const runs = words.includes('-wgpsk') ? null : words.includes('wgpsk') ? now.file : now.runs;
      put(host, { ...now, armed, runs });
      if (words.includes('wgpsk')) put(host, { ...now, armed, runs, isMarked: false });
    } else if (change.resource === '/etc/hostname.wg0')
      put(host, { ...now, isSet: change.diff?.after === netstart(host, true) });
    else if (change.resource === 'preshared keys') put(host, { ...now, file: null });
    else throw new Error(`${change.resource} of ${host.name}: ${change.why}`);
    changed.get(host)?.push(change.resource);
  };
  const said = (): string[] => [...changed].flatMap(([host, those]) => those.map(one => `${host.name} ${one}`));
  try {
    for (const host of ENDS) ends.set(host, putBack(endOf(ends, host)));
    const worked = works(ends);
    for (const risk of [null, 'lockout'])
      for (const [host, changes] of judged()) for (const one of changes) if (one.risk === risk) make(host, one);
    const isLeft = [...judged().values()].flat().some(({ risk }) => risk === 'lockout');
    const armed = chosen.filter(host => endOf(ends, host).armed !== null);
    if (armed.length > 0 && (isLeft || fails || (worked && !works(ends)))) {
      for (const host of armed) ends.set(host, putBack(endOf(ends, host)));
      return [...said(), 'failed'];
    }
    for (const host of armed) put(host, { ...endOf(ends, host), armed: null });
    for (const [host, changes] of judged()) for (const one of changes) make(host, one);
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
  }
  return said();
}

const loses = (ends: Ends, hosts: readonly TunnelHost[], file: string | null): void => {
  for (const host of hosts) ends.set(host, { ...endOf(ends, host), file });
};

/** A whole run recovers: one key, in both files and both interfaces, and the next one finds nothing to do. */
function expectRecovered(ends: Ends): void {
  expect(provision(ends)).not.toContain('failed');
  expect(provision(ends)).toEqual([]);
  const has = ENDS.flatMap(host => [endOf(ends, host).file, endOf(ends, host).runs]);
  expect([new Set(has).size, has[0]]).toEqual([1, expect.stringMatching(/^k/)]);
}

describe('a preshared key that was lost', () => {
  it.each([
    ['the gateway', [gateway], ['carinho /root/KEY_PRESHARED.namorar', 'namorar /root/KEY_PRESHARED.carinho']],
    ['the relay', [relay], ['namorar /root/KEY_PRESHARED.carinho']],
    ['both', ENDS, ['carinho /root/KEY_PRESHARED.namorar', 'namorar /root/KEY_PRESHARED.carinho']],
  ])('on %s is on both ends again', (_, hosts, files) => {
    const ends = converged();
    loses(ends, hosts, null);
    expect(
      provision(ends)
        .filter(one => one.includes('/'))
        .toSorted(),
    ).toEqual(files.toSorted());
    expectRecovered(ends);
  });
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'is there after a whole run, if the run before was killed after %i moves',
    moves => {
      for (const [hosts, file] of [
        [[gateway], null],
        [[gateway], NULS],
        [[relay], null],
        [[relay], NULS],
        [ENDS, null],
        [ENDS, NULS],
      ] as const) {
        const ends = converged();
        loses(ends, hosts, file);
        provision(ends, { moves });
        expectRecovered(ends);
      }
    },
  );
  it('stays in the interface of the gateway while the relay, which has no other one yet, is left out', () => {
    const ends = converged();
    loses(ends, [gateway], null);
    expect(provision(ends, { without: relay })).toEqual(['carinho /root/KEY_PRESHARED.namorar']);
    expect(provision(ends, { without: relay })).toEqual([]);
    expect(works(ends)).toBe(true);
    expectRecovered(ends);
  });
  it('is on both ends after a whole run, if one run ended with the key made and the next one left the gateway out', () => {
    const ends = converged();
    loses(ends, ENDS, null);
    ends.set(relay, booted(endOf(ends, relay)));
    provision(ends, { moves: 2 });
    expect(readable(endOf(ends, gateway).file)).not.toBe(endOf(ends, gateway).runs);
    provision(ends, { without: gateway });
    expectRecovered(ends);
  });
  it('stays in both interfaces while the gateway, which has made another one and not set it, is left out', () => {
    const ends = converged();
    loses(ends, ENDS, null);
    provision(ends, { without: relay });
    expect(provision(ends, { without: gateway })).toEqual([]);
    expect(works(ends)).toBe(true);
    expectRecovered(ends);
  });
  const event = fc.record({
    loses: fc.subarray(ENDS),
    leaves: fc.constantFrom(null, NULS),
    boots: fc.oneof(fc.constant([]), fc.subarray(ENDS)),
    without: fc.option(fc.constantFrom(...ENDS), { freq: 2 }),
    moves: fc.oneof(fc.constant(100), fc.integer({ min: 0, max: 12 })),
    fails: fc.oneof(fc.constant(false), fc.boolean()),
  });
  it('is there after a whole run, whatever was lost and however runs ended', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), events => {
        const ends = converged();
        for (const { boots, ...one } of events) {
          loses(ends, one.loses, one.leaves);
          for (const host of boots) ends.set(host, booted(endOf(ends, host)));
          for (const host of ENDS) ends.set(host, putBack(endOf(ends, host)));
          const worked = works(ends);
          provision(ends, one);
          if (worked && !one.fails && one.moves === 100) expect(works(ends)).toBe(true);
        }
        expectRecovered(ends);
      }),
      { numRuns: 40 },
    );
  });
});

it('is made before the public key of a new peer is known: each end would wait for the other else', () => {
  const questions = assign([wireguard], gateway, fleet).flatMap(({ resource }) => resource.questions);
  const fresh = answering(questions, [], { 'ifconfig -A': answer('') });
  const { changes, waiting } = plan(assign([wireguard], gateway, fleet), fresh, new Map());
  const path = presharedKeyFile(relay.name);
  expect(changes.map(({ resource }) => resource)).toContain(path);
  expect(waiting.map(({ resource }) => resource)).not.toContain(path);
});
