import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../src/hosts/fleet.ts';
import { HeldBack } from '../../src/run/resource.ts';
import { ALIASES, aliases } from '../../src/tasks/aliases.ts';
import { wantedHops } from '../../src/tasks/hops.ts';
import { rootMailOf, rootTargetIn } from '../../src/tasks/root-alias.ts';
import type { Standing } from '../../src/tasks/standing.ts';
import { observing, plainFile, world } from '../answers.ts';
import { article, fleetOf, hostOf, severalStations } from './fleets.ts';

const old = fleetOf(article);
const fleet = fleetOf(article.replace('domain: example.com', 'domain: [example.net, example.com]'));
const block = (target: string): string => `# mailtun: begin\nroot: ${target}\n# mailtun: end\n`;
const FORMER = 'postmaster@example.com';
const WANTED = 'postmaster@example.net';

const standing = (name: string, of: Fleet): Standing => ({
  hops: wantedHops(hostOf(of, name), of),
  isSure: true,
  queued: new Set(),
  queuedFrom: new Set(),
  rootTo: null,
});

/** @param own of which state the host is to be next. @param others the state of those that could be asked. */
function judged(
  name: string,
  text: string,
  own: Fleet,
  others: Readonly<Record<string, Standing>> = {},
  after = fleet,
) {
  const host = hostOf(after, name);
  const now = new Map(Object.entries(others));
  const rootMail = rootMailOf(host, after, wantedHops(hostOf(own, name), own), now);
  const resource = aliases.resources(host, { ...after, rootMail }).find(({ id }) => id === ALIASES);
  return () => resource?.judge(observing([plainFile(ALIASES, text)]), world())?.diff?.after ?? null;
}

describe("root's alias", () => {
  it('stays while the host itself refuses the new recipient', () => {
    expect(judged('namorar', block(FORMER), old)).toThrow(HeldBack);
    expect(judged('namorar', block(FORMER), old)).toThrow(
      expect.objectContaining({ what: `root's mail to ${WANTED}`, until: 'carinho is changed as well' }),
    );
    expect(judged('namorar', block(FORMER), fleet)()).toBe(block(WANTED));
  });
  it('stays on a workstation while the gateway refuses it, may do so, or cannot be asked', () => {
    const before = fleetOf(severalStations);
    const after = fleetOf(severalStations.replace('domain: example.com', 'domain: [example.net, example.com]'));
    const of = (others: Readonly<Record<string, Standing>>) => judged('desk', block(FORMER), after, others, after);
    const changed = standing('carinho', after);
    expect(of({ carinho: standing('carinho', before) })).toThrow(HeldBack);
    expect(of({ carinho: { ...changed, isSure: false } })).toThrow(HeldBack);
    expect(of({})).toThrow(HeldBack);
    expect(of({ carinho: changed })()).toBe(block(WANTED));
  });
  it('is written where none is, and where neither is accepted', () => {
    expect(judged('namorar', '', old)()).toBe(block(WANTED));
    expect(judged('namorar', block('gone@example.com'), old)()).toBe(block(WANTED));
  });
  it("is read in mailtun's block only", () => {
    expect([block(FORMER), 'root: jay\n', ''].map(rootTargetIn)).toEqual([FORMER, null, null]);
  });
});

describe("root's alias on a gateway without recipients", () => {
  const retiring = (domain: string): Fleet =>
    fleetOf(
      article
        .replace('domain: example.com', `domain: ${domain}`)
        .replace(
          '  mimando:',
          `    retiring: true\n  lar:\n    role: gateway\n    ssh: lar.lan\n    tunnel: { name: vpn3.example.com, address: 2001:db8:c1da::3 }\n    lan: { name: lar.lan, address: 2001:db8:6969::3 }\n    domains: ${domain}\n$&`,
        )
        .replaceAll(': jay', ': jay@mimando')
        .concat('    gateway: lar\n'),
    );
  const [before, after] = [retiring('example.com'), retiring('[example.net, example.com]')];
  const of = (relays: Readonly<Record<string, Standing>>) => judged('carinho', block(FORMER), after, relays, after);
  it('goes to the other gateway by the relays, once they accept it', () => {
    expect(of({ namorar: standing('namorar', before) })).toThrow(HeldBack);
    expect(of({ namorar: standing('namorar', after) })()).toBe(block(WANTED));
  });
});
